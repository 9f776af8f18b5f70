// What a command costs: user and system time with all that it waited for.
//
//   cost COMMAND...     prints {"wall_ms":N,"cpu_ms":N,"rss_kb":N,"status":N}
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace {

double now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return (static_cast<double>(now.tv_sec) * 1e3) +
         (static_cast<double>(now.tv_nsec) / 1e6);
}

double ms(const timeval& time) {
  return (static_cast<double>(time.tv_sec) * 1e3) +
         (static_cast<double>(time.tv_usec) / 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const double began = now_ms();
  const pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execvp(argv[1], argv + 1);
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  if (::wait4(child, &status, 0, &used) != child) return 1;
  std::printf(
      "{\"wall_ms\":%.2f,\"cpu_ms\":%.2f,\"rss_kb\":%ld,\"status\":%d}\n",
      now_ms() - began,
      ms(used.ru_utime) + ms(used.ru_stime),
      used.ru_maxrss,
      WEXITSTATUS(status));
  return 0;
}
