// Forks as fast as it can: each child ends at once.
//
//   bench_storm SECONDS WORKERS     prints the forks a second of all workers
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

double now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) +
         (static_cast<double>(time.tv_nsec) / 1e9);
}

bool fork_once() {
  const pid_t child = ::vfork();
  if (child == 0) ::_exit(0);
  return child > 0 && ::waitpid(child, nullptr, 0) == child;
}

std::int64_t fork_until(double end) {
  std::int64_t forks = 0;
  while (now() < end) {
    if (fork_once()) ++forks;
  }
  return forks;
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 0;
  const int workers = argc > 2 ? std::atoi(argv[2]) : 0;
  if (seconds < 1 || seconds > 60 || workers < 1 || workers > 8) return 2;
  const double end = now() + seconds;
  std::array<int, 2> counts{};
  if (::pipe(counts.data()) != 0) return 1;
  for (int i = 0; i < workers; ++i) {
    if (::fork() != 0) continue;
    const std::int64_t forks = fork_until(end);
    ::_exit(::write(counts[1], &forks, sizeof forks) == sizeof forks ? 0 : 1);
  }
  std::int64_t all = 0;
  for (int i = 0; i < workers; ++i) {
    std::int64_t forks = 0;
    if (::read(counts[0], &forks, sizeof forks) != sizeof forks) return 1;
    all += forks;
  }
  while (::wait(nullptr) > 0) {
  }
  std::printf("%lld\n", static_cast<long long>(all / seconds));
  return 0;
}
