#include "name_service.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace strayd::test {

namespace {

// Over a file of /etc, and nowhere but where the test is alone: whoever goes on
// without it would ask this machine's own name service.
void show(const std::string& path, const std::string& at) {
  if (::getpid() != 1) throw std::logic_error("not in a namespace of its own");
  if (::mount(path.c_str(), at.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    throw std::runtime_error("nothing can be shown at " + at);
  }
}

}  // namespace

EtcFiles::EtcFiles() {
  put("nsswitch.conf", "hosts: files dns\n");
  put("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  put("hosts", "");
}

void EtcFiles::hosts(const std::string& text) {
  put("hosts", text);
}

void EtcFiles::block_hosts() {
  const std::string path = dir_ / "fifo";
  EXPECT_EQ(::mkfifo(path.c_str(), 0644), 0);
  show(path, "/etc/hosts");
}

void EtcFiles::put(const std::string& name, const std::string& text) {
  std::ofstream(dir_ / name) << text;
  cover(name);
}

void EtcFiles::cover(const std::string& name) {
  const std::string path = dir_ / name;
  const std::string at = "/etc/" + name;
  show(path, at);
}

NameServer::NameServer()
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  stop_read_ = UniqueFd{ends[0]};
  stop_write_ = UniqueFd{ends[1]};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket_.get(),
                   reinterpret_cast<const sockaddr*>(&address),
                   sizeof address),
            0);
  thread_ = std::thread([this] { serve(); });
}

NameServer::~NameServer() {
  stop_write_ = UniqueFd{};
  thread_.join();
}

void NameServer::set(Mood mood, std::vector<IpAddress> addresses) {
  const std::lock_guard lock(mutex_);
  mood_ = mood;
  addresses_ = std::move(addresses);
}

void NameServer::serve() {
  for (;;) {
    std::array<pollfd, 2> watched{
        {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
         {.fd = stop_read_.get(), .events = POLLIN, .revents = 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return;
    std::string text(512, '\0');
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_.get(),
                                   text.data(),
                                   text.size(),
                                   0,
                                   reinterpret_cast<sockaddr*>(&from),
                                   &size);
    if (got < 12) continue;
    text.resize(static_cast<std::size_t>(got));
    const std::string answer = answer_to(text);
    if (answer.empty()) continue;
    ::sendto(socket_.get(),
             answer.data(),
             answer.size(),
             0,
             reinterpret_cast<const sockaddr*>(&from),
             size);
  }
}

// RFC 1035, section 4.
std::string NameServer::answer_to(const std::string& question) const {
  const std::lock_guard lock(mutex_);
  if (mood_ == Mood::Silent) return {};
  const std::size_t end = question.find('\0', 12) + 5;  // name, type, class
  const bool is_v4 = question.at(end - 3) == 1;
  const bool answers = mood_ == Mood::Answers && is_v4;
  const std::size_t count = answers ? addresses_.size() : 0;
  std::string text = question.substr(0, end);
  text[2] = '\x81';
  text[3] = mood_ == Mood::Refuses ? '\x83' : '\x80';
  text[6] = 0;
  text[7] = static_cast<char>(count);
  text.replace(8, 4, 4, '\0');
  for (std::size_t i = 0; i < count; ++i) {
    // The name of the question, type A, class IN, one second, four bytes.
    text += std::string("\xc0\x0c\0\1\0\1\0\0\0\1\0\4", 12);
    for (std::size_t j = 12; j < 16; ++j) {
      text += static_cast<char>(addresses_[i].bytes[j]);
    }
  }
  return text;
}

}  // namespace strayd::test
