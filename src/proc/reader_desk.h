// The child's end of a ReaderProcess: takes requests, answers one after the
// other. Nothing is allocated: the child is forked of a process with threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "reader_wire.h"

namespace strayd {

// Ends the child.
[[noreturn]] void leave_reader();

class ReaderDesk {
 public:
  // `enough`: so many bytes of replies are collected before they are sent. What
  // was not sent goes with the child. `replies`: that much, and the largest
  // answer with its head behind it.
  ReaderDesk(int socket,
             ReaderProgress& progress,
             std::span<char> replies,
             std::size_t enough)
      : socket_(socket),
        progress_(&progress),
        replies_(replies),
        enough_(enough) {}

  struct Answer {
    int error = 0;  // errno
    std::size_t size = 0;
  };
  // `answer(request, room)` writes what it has into the room, which may take
  // for ever: that is what the child is for. Ends with the other end.
  template <typename Answering>
  [[noreturn]] void serve(const Answering& answering) {
    for (;;) {
      for (const ReaderRequest& request : receive()) {
        begin(request);
        finish(request, answering(request, room()));
      }
      progress_->at.store(ReaderProgress::kIdle);
      send();
    }
  }

 private:
  std::span<const ReaderRequest> receive();
  void begin(const ReaderRequest& request);
  std::span<char> room() {
    return replies_.subspan(used_ + sizeof(ReaderReply));
  }
  void finish(const ReaderRequest& request, const Answer& answer);
  void send();

  int socket_;
  ReaderProgress* progress_;
  std::span<char> replies_;
  std::size_t enough_;
  std::size_t used_ = 0;  // of the replies
  std::array<ReaderRequest, 1024> requests_{};
};

}  // namespace strayd
