#include "reader_desk.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace strayd {

void leave_reader() {
  ::_exit(1);
}

// As many whole requests as there are; at least one.
std::span<const ReaderRequest> ReaderDesk::receive() {
  auto* const into = reinterpret_cast<char*>(requests_.data());
  std::size_t bytes = 0;
  while (bytes == 0 || bytes % sizeof(ReaderRequest) != 0) {
    const ssize_t got =
        ::recv(socket_, into + bytes, sizeof requests_ - bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) leave_reader();
    bytes += static_cast<std::size_t>(got);
  }
  return std::span{requests_}.first(bytes / sizeof(ReaderRequest));
}

void ReaderDesk::begin(const ReaderRequest& request) {
  progress_->at.store(request.index);
  progress_->steps.fetch_add(1);
}

void ReaderDesk::finish(const ReaderRequest& request, const Answer& answer) {
  const std::size_t size = answer.error == 0 ? answer.size : 0;
  const ReaderReply reply{.index = request.index,
                          .error = answer.error,
                          .size = static_cast<std::uint32_t>(size)};
  std::memcpy(replies_.data() + used_, &reply, sizeof reply);
  used_ += sizeof reply + size;
  if (used_ >= enough_) send();
}

void ReaderDesk::send() {
  std::size_t sent = 0;
  while (sent < used_) {
    const ssize_t done =
        ::send(socket_, replies_.data() + sent, used_ - sent, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) leave_reader();
    sent += static_cast<std::size_t>(done);
  }
  used_ = 0;
}

}  // namespace strayd
