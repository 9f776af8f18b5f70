// Makes processes that sleep, in the shape of a host that runs Node under PM2:
// a God Daemon with its apps, orphans, and many others that concern nobody. To
// be run in a PID namespace, which ends them all.
//
//   node PROCESSES APPS ORPHANS [DAEMONS]
//
// The program must be called `node`, as the default rule wants. It says "ready"
// when all are there, and stays.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

// Becomes this program under other words. What is to be forked below it is
// told in the environment: "3" or "", one digit for each level.
[[noreturn]] void become(Words words, const std::string& below, int ready) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string load = "LOAD_BELOW=" + below;
  std::string fd = "LOAD_READY=" + std::to_string(ready);
  std::string home = "HOME=/home/app";
  std::array<char*, 4> environment{
      load.data(), fd.data(), home.data(), nullptr};
  ::execve("/proc/self/exe", argv.data(), environment.data());
  ::_exit(127);
}

const std::array<Words, 5>& cold_words() {
  static const std::array<Words, 5> kWords{
      Words{"nginx: worker process"},
      Words{"postgres: app app 127.0.0.1(40212) idle"},
      Words{"/usr/bin/python3", "-u", "/srv/jobs/worker.py", "--queue", "mail"},
      Words{"/bin/sh", "-c", "sleep infinity"},
      Words{"node", "/srv/app/dist/main.js", "--port", "3000"}};
  return kWords;
}

const std::array<Words, 4>& app_words() {
  static const std::array<Words, 4> kWords{
      Words{"npm run dev"},
      Words{"sh", "-c", "tsx watch src/server.ts"},
      Words{"node", "/app/node_modules/.bin/tsx", "watch", "src/server.ts"},
      Words{"/usr/bin/node", "--import", "/x/tsx/loader.mjs", "src/server.ts"}};
  return kWords;
}

// A chain of `levels` more processes below this one: 'c' cold, 'a' of an app.
[[noreturn]] void stay(const std::string& below, int ready) {
  if (!below.empty() && ::fork() == 0) {
    const auto level = static_cast<std::size_t>(below[1] - '0');
    const Words& words =
        below[0] == 'a' ? app_words().at(level) : cold_words().at(level);
    const std::size_t last = below[0] == 'a' ? 3 : 4;
    become(words,
           level == last
               ? ""
               : std::string{below[0], static_cast<char>(below[1] + 1)},
           ready);
  }
  static_cast<void>(::write(ready, ".", 1) == 1);
  for (;;) ::pause();
}

std::size_t number(const char* text) {
  return std::strtoul(text, nullptr, 10);
}

void await(int ready, std::size_t count) {
  std::array<char, 256> dots{};
  while (count > 0) {
    const ssize_t got =
        ::read(ready, dots.data(), std::min(dots.size(), count));
    if (got <= 0) std::exit(1);
    count -= static_cast<std::size_t>(got);
  }
}

// An `npx tsx` whose shell has gone.
void start_orphan(int ready) {
  if (::fork() != 0) return;
  if (::fork() == 0) become(app_words()[2], "a3", ready);
  ::_exit(0);
}

void start_daemon(std::size_t number, std::size_t apps, int ready) {
  if (::fork() != 0) return;
  // Its apps first: the title comes with the exec.
  for (std::size_t i = 0; i < apps; ++i) {
    if (::fork() == 0) become(app_words()[0], "a1", ready);
  }
  become(
      {"PM2 v7.0.4: God Daemon (/home/app" + std::to_string(number) + "/.pm2)"},
      "",
      ready);
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* below = std::getenv("LOAD_BELOW")) {
    stay(below, static_cast<int>(number(std::getenv("LOAD_READY"))));
  }
  if (argc < 4) return 2;
  const std::size_t processes = number(argv[1]);
  const std::size_t apps = number(argv[2]);
  const std::size_t orphans = number(argv[3]);
  const std::size_t daemons = argc > 4 ? number(argv[4]) : 1;
  std::array<int, 2> ready{};
  if (::pipe(ready.data()) != 0) return 1;

  for (std::size_t i = 0; i < daemons; ++i) {
    start_daemon(i, apps / daemons, ready[1]);
  }
  for (std::size_t i = 0; i < orphans; ++i) start_orphan(ready[1]);
  await(ready[0], daemons + (4 * daemons * (apps / daemons)) + (2 * orphans));
  for (std::size_t i = 0; i < processes / 5; ++i) {
    if (::fork() == 0) become(cold_words()[0], "c1", ready[1]);
    // Not all at once.
    await(ready[0], 5);
  }
  std::puts("ready");
  std::fflush(stdout);
  for (;;) ::pause();
}
