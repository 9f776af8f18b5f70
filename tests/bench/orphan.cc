// How soon the loss of a parent is known: from just before its _exit() until a
// bare loop has confirmed it, or until the agent's verdict is in its audit
// file.
//
//   bench_orphan bare PAIRS               a pidfd, poll(2), one read of stat
//   bench_orphan known PAIRS AUDIT_FILE   the agent had seen parent and child
//   bench_orphan unknown PAIRS AUDIT_FILE they are younger than its last scan
//
// Its own file must be called `guard`, which a protect entry of the agent's
// names, and be found as `node` beside that, as its rule wants. latency.mjs
// sets all of it up.
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

namespace {

std::int64_t now_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec * 1'000'000) + (now.tv_nsec / 1000);
}

void pause_ms(int ms) {
  ::poll(nullptr, 0, ms);
}

// In the guard: a child that looks like a server, and an end when it is told.
[[noreturn]] void guard(const std::string& directory) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, 0);
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    const std::string node = directory + "/node";
    ::execl(node.c_str(), "node", "/x/tsx", "server.ts", nullptr);
    ::_exit(127);
  }
  std::int64_t said = child;
  if (::write(STDOUT_FILENO, &said, sizeof said) < 0) ::_exit(1);
  char ignored = 0;
  if (::read(STDIN_FILENO, &ignored, 1) < 0) ::_exit(1);
  said = now_us();
  if (::write(STDOUT_FILENO, &said, sizeof said) < 0) ::_exit(1);
  ::_exit(0);
}

class Pair {
 public:
  explicit Pair(const std::string& directory) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0) std::abort();
    if (::pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
    parent_ = ::fork();
    if (parent_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      const std::string program = directory + "/guard";
      ::execl(program.c_str(), "guard", "in", directory.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
    child_ = static_cast<pid_t>(hear());
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    ::kill(child_, SIGKILL);
    ::waitpid(parent_, nullptr, 0);
    ::close(out_);
  }

  pid_t parent() const { return parent_; }
  pid_t child() const { return child_; }
  void end() const { ::close(in_); }
  std::int64_t ended_us() { return hear(); }

 private:
  std::int64_t hear() const {
    std::int64_t said = 0;
    if (::read(out_, &said, sizeof said) != sizeof said) std::abort();
    return said;
  }

  pid_t parent_ = 0;
  pid_t child_ = 0;
  int in_ = -1;
  int out_ = -1;
};

pid_t parent_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  std::array<char, 512> text{};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t size = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  if (size <= 0) return -1;
  const char* rest = std::strrchr(text.data(), ')');
  pid_t parent = -1;
  if (rest != nullptr) {
    std::from_chars(rest + 4, text.data() + text.size(), parent);
  }
  return parent;
}

std::int64_t bare(const std::string& directory) {
  Pair pair(directory);
  const auto pidfd =
      static_cast<int>(::syscall(SYS_pidfd_open, pair.parent(), 0));
  pollfd ended{.fd = pidfd, .events = POLLIN, .revents = 0};
  pair.end();
  ::poll(&ended, 1, 5000);
  while (parent_of(pair.child()) == pair.parent()) {
  }
  const std::int64_t known = now_us();
  ::close(pidfd);
  return known - pair.ended_us();
}

// The lines that are added to a file.
class Tail {
 public:
  explicit Tail(const char* path)
      : file_(::open(path, O_RDONLY | O_CLOEXEC)),
        watch_(::inotify_init1(IN_CLOEXEC)) {
    if (file_ < 0 || ::inotify_add_watch(watch_, path, IN_MODIFY) < 0) {
      std::abort();
    }
    ::lseek(file_, 0, SEEK_END);
  }

  // Until one of them holds both; when.
  std::int64_t await(const std::string& one, const std::string& other) {
    for (;;) {
      std::string line;
      while (next(line)) {
        if (line.find(one) != std::string::npos &&
            line.find(other) != std::string::npos) {
          return now_us();
        }
      }
      pollfd changed{.fd = watch_, .events = POLLIN, .revents = 0};
      if (::poll(&changed, 1, 20'000) != 1) {
        std::fprintf(stderr, "no verdict within 20 s\n");
        std::exit(1);
      }
      std::array<char, 4096> ignored{};
      if (::read(watch_, ignored.data(), ignored.size()) < 0) std::abort();
    }
  }

 private:
  bool next(std::string& line) {
    std::array<char, 65'536> more{};
    const ssize_t size = ::read(file_, more.data(), more.size());
    if (size > 0) text_.append(more.data(), static_cast<std::size_t>(size));
    const std::size_t end = text_.find('\n');
    if (end == std::string::npos) return false;
    line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return true;
  }

  int file_;
  int watch_;
  std::string text_{};
};

std::int64_t agent(const std::string& directory, Tail& audit, bool known) {
  Pair pair(directory);
  const std::string pid = "\"pid\":" + std::to_string(pair.child()) + ",";
  if (known) audit.await(pid, "\"protected\"");
  pause_ms(500);  // an early scan keeps its distance from the one before
  pair.end();
  const std::int64_t ended = pair.ended_us();
  return audit.await(pid, "\"pending\"") - ended;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string self = argv[0];
  const std::string directory = self.substr(0, self.rfind('/'));
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "in" && argc > 2) guard(argv[2]);
  if (mode == "/x/tsx") {
    for (;;) ::pause();
  }
  const int pairs = argc > 2 ? std::stoi(argv[2]) : 0;
  if (pairs <= 0 || (mode != "bare" && argc < 4)) return 2;
  std::vector<std::int64_t> all;
  if (mode == "bare") {
    for (int i = 0; i < pairs; ++i) all.push_back(bare(directory));
  } else {
    Tail audit(argv[3]);
    for (int i = 0; i < pairs; ++i) {
      all.push_back(agent(directory, audit, mode == "known"));
    }
  }
  std::ranges::sort(all);
  const std::size_t last = all.size() - 1;
  std::puts(("{\"p50_us\":" + std::to_string(all[last / 2]) +
             ",\"p99_us\":" + std::to_string(all[last * 99 / 100]) + "}")
                .c_str());
  return 0;
}
