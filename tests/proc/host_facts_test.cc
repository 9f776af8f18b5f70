// What files of a host say of who owns a process.
#include "strayd/proc/host_facts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "support/pid_namespace.h"
#include "support/silent_mount.h"
#include "support/temp_dir.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;
using test::in_pid_namespace;
using test::SilentMount;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using Strings = std::vector<std::string>;

constexpr std::chrono::milliseconds kTimeout{200};
const std::string kId = "08ab34cd08ab34cd08ab34cd08ab34cd";

const Observed<std::vector<PidFile>> kBlocked =
    std::unexpected(Unread::Blocked);
const Observed<std::optional<std::string>> kUnknown =
    std::unexpected(Unread::Failed);

// A host with a directory of services, and a /run of its own.
class HostFactsTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const {
    const std::string path = dir_ / name;
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    return path;
  }
  std::string make_directory(const std::string& name) const {
    std::filesystem::create_directories(dir_ / name);
    return dir_ / name;
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, path(name));
  }

  HostFacts facts(const HostQuestions& questions) {
    const Result<HostFacts> facts = reader_.read(questions);
    EXPECT_TRUE(facts) << facts.error().what;
    return facts.value_or(HostFacts{});
  }
  Observed<std::vector<PidFile>> pidfiles(Strings directories) {
    return facts({.pidfile_directories = std::move(directories)}).pidfiles;
  }
  // Path and pid of each.
  std::vector<std::pair<std::string, pid_t>> pids(Strings directories) {
    std::vector<std::pair<std::string, pid_t>> pids;
    const auto found = pidfiles(std::move(directories));
    EXPECT_TRUE(found);
    if (!found) return pids;
    for (const PidFile& file : *found) pids.emplace_back(file.path, file.pid);
    return pids;
  }
  Observed<std::optional<std::string>> invocation(
      const std::string& name, std::optional<uid_t> manager = std::nullopt) {
    const HostFacts facts = this->facts(
        {.units = {{.cgroup = "/a", .name = name, .manager = manager}}});
    EXPECT_EQ(facts.invocations.size(), 1U);
    return facts.invocations.at("/a");
  }

  test::TempDir dir_{};
  HostFactsReader reader_{{.run = dir_ / "run", .timeout = kTimeout}};
};

TEST_F(HostFactsTest, are_none_where_nothing_is_asked) {
  EXPECT_EQ(facts({}), HostFacts{});
}

TEST_F(HostFactsTest, hold_a_pidfile_with_its_owner_and_time) {
  const std::string file = write("srv/api.pid", "123\n");
  ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
  struct stat found{};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  const PidFile expected{
      .path = file,
      .owner = 65534,
      .pid = 123,
      .written = std::chrono::seconds{found.st_mtim.tv_sec} +
                 std::chrono::nanoseconds{found.st_mtim.tv_nsec}};
  EXPECT_EQ(pidfiles({dir_ / "srv"}), std::vector{expected});
  EXPECT_EQ(pidfiles({dir_ / "srv/"}), std::vector{expected});
}

TEST_F(HostFactsTest, take_one_number_with_white_space_around_it) {
  const std::string whole = std::string(61, ' ') + "7\r\n";
  write("srv/a.pid", "1");
  write("srv/b.pid", " \t2147483647\r\n\n");
  write("srv/c.pid", whole);
  EXPECT_THAT(pids({dir_ / "srv"}),
              UnorderedElementsAre(Pair(dir_ / "srv/a.pid", 1),
                                   Pair(dir_ / "srv/b.pid", 2147483647),
                                   Pair(dir_ / "srv/c.pid", 7)));
}

TEST_F(HostFactsTest, take_nothing_else_for_a_pidfile) {
  int file = 0;
  const Strings others{"",
                       "\n",
                       "0",
                       "-5",
                       "+5",
                       "0x5",
                       "5 6",
                       "5\n/var/lib/postgresql\n",
                       "5a",
                       "2147483648",
                       std::string("5\0", 2),
                       std::string(64, ' ') + "5"};
  for (const std::string& text : others) {
    write("srv/" + std::to_string(++file) + ".pid", text);
  }
  write("srv/api.PID", "5");
  write("srv/api.pid.old", "5");
  EXPECT_THAT(pids({dir_ / "srv"}), IsEmpty());
}

TEST_F(HostFactsTest, take_no_link_no_fifo_and_no_directory_for_a_pidfile) {
  write("other/real", "5");
  link(dir_ / "other/real", "srv/link.pid");
  make_directory("srv/directory.pid");
  ASSERT_EQ(::mkfifo((dir_ / "srv/fifo.pid").c_str(), 0600), 0);
  EXPECT_THAT(pids({dir_ / "srv"}), IsEmpty());
}

TEST_F(HostFactsTest, go_through_a_directory_that_is_a_link) {
  write("real/api.pid", "5");
  link("real", "srv");
  EXPECT_THAT(pids({dir_ / "srv"}), ElementsAre(Pair(dir_ / "srv/api.pid", 5)));
}

TEST_F(HostFactsTest, find_none_in_a_directory_that_is_not_there) {
  write("file", "5");
  EXPECT_THAT(pids({dir_ / "none", dir_ / "file"}), IsEmpty());
}

TEST_F(HostFactsTest, look_into_subdirectories_of_run_and_no_deeper) {
  write("run/top.pid", "1");
  write("run/nginx/nginx.pid", "2");
  write("run/user/1000/deep.pid", "3");
  write("other/linked.pid", "4");
  link(dir_ / "other", "run/other");
  write("srv/below/not.pid", "5");
  EXPECT_THAT(pids({dir_ / "run", dir_ / "srv"}),
              UnorderedElementsAre(Pair(dir_ / "run/top.pid", 1),
                                   Pair(dir_ / "run/nginx/nginx.pid", 2)));
}

TEST_F(HostFactsTest, know_run_by_another_path) {
  write("run/nginx/nginx.pid", "2");
  link("../run", "var/run");
  EXPECT_THAT(pids({dir_ / "var/run"}),
              ElementsAre(Pair(dir_ / "var/run/nginx/nginx.pid", 2)));
}

// Many names of one file are made fast.
TEST_F(HostFactsTest, bound_a_directory) {
  const std::string first = write("srv/0", "");
  for (int i = 1; i < 4096; ++i) {
    std::filesystem::create_hard_link(first,
                                      dir_ / ("srv/" + std::to_string(i)));
  }
  EXPECT_THAT(pids({dir_ / "srv"}), IsEmpty());
  write("srv/one-more", "");
  EXPECT_EQ(pidfiles({dir_ / "srv"}),
            Observed<std::vector<PidFile>>(std::unexpected(Unread::TooLong)));
}

TEST_F(HostFactsTest, hold_all_pidfiles_of_a_full_directory) {
  const std::string prefix = "srv/" + std::string(240, 'x');
  const std::string first = write(prefix + "0.pid", "5");
  for (int i = 1; i < 4096; ++i) {
    std::filesystem::create_hard_link(
        first, dir_ / (prefix + std::to_string(i) + ".pid"));
  }
  const auto found = pids({dir_ / "srv"});
  EXPECT_EQ(found.size(), 4096U);
  EXPECT_THAT(found, testing::Each(Pair(testing::_, 5)));
}

// Not as root, who may read everything.
class ForNobody : public HostFactsTest {
 protected:
  void as_nobody(const std::function<void()>& body) {
    in_pid_namespace([&] {
      std::filesystem::permissions(dir_.path(), std::filesystem::perms{0755});
      ASSERT_EQ(::setresgid(65534, 65534, 65534), 0);
      ASSERT_EQ(::setresuid(65534, 65534, 65534), 0);
      body();
    });
  }
  void close(const std::string& name) const {
    std::filesystem::permissions(dir_ / name, std::filesystem::perms::none);
  }

  const Observed<std::vector<PidFile>> denied_ =
      std::unexpected(Unread::Denied);
};

TEST_F(ForNobody, a_directory_that_may_not_be_read_denies_the_whole) {
  make_directory("closed");
  write("srv/api.pid", "5");
  close("closed");
  as_nobody(
      [&] { EXPECT_EQ(pidfiles({dir_ / "srv", dir_ / "closed"}), denied_); });
}

TEST_F(ForNobody, a_pidfile_that_may_not_be_read_denies_the_whole) {
  write("srv/api.pid", "5");
  close("srv/api.pid");
  as_nobody([&] { EXPECT_EQ(pidfiles({dir_ / "srv"}), denied_); });
}

TEST_F(ForNobody, what_may_not_be_read_below_run_is_passed_over) {
  make_directory("run/closed");
  close("run/closed");
  write("run/db/db.pid", "5");
  close("run/db/db.pid");
  write("run/open/api.pid", "6");
  as_nobody([&] {
    EXPECT_THAT(pids({dir_ / "run"}),
                ElementsAre(Pair(dir_ / "run/open/api.pid", 6)));
  });
}

TEST_F(HostFactsTest, say_the_present_invocation_of_a_unit) {
  link(kId, "run/systemd/units/invocation:api.service");
  link(kId.substr(0, 31) + "f",
       "run/user/1000/systemd/units/invocation:api.service");
  EXPECT_EQ(invocation("api.service"), kId);
  EXPECT_EQ(invocation("api.service", 1000), kId.substr(0, 31) + "f");
}

TEST_F(HostFactsTest, say_that_a_unit_does_not_run) {
  make_directory("run/systemd/units");
  EXPECT_EQ(invocation("api.service"),
            Observed<std::optional<std::string>>(std::nullopt));
}

// As in a container that has no /run of the host.
TEST_F(HostFactsTest, do_not_say_so_where_systemd_says_nothing_of_any_unit) {
  link(kId, "run/systemd/units/invocation:api.service");
  EXPECT_EQ(invocation("api.service", 1000), kUnknown);
  std::filesystem::remove_all(dir_ / "run");
  EXPECT_EQ(invocation("api.service"), kUnknown);
}

TEST_F(HostFactsTest, believe_no_invocation_that_is_none) {
  link(kId + "0", "run/systemd/units/invocation:long.service");
  link(kId.substr(1), "run/systemd/units/invocation:short.service");
  link("g" + kId.substr(1), "run/systemd/units/invocation:other.service");
  write("run/systemd/units/invocation:file.service", kId);
  for (const char* const name :
       {"long.service", "short.service", "other.service", "file.service"}) {
    EXPECT_EQ(invocation(name), kUnknown) << name;
  }
}

TEST_F(HostFactsTest, follow_no_name_that_leads_elsewhere) {
  link(kId, "run/systemd/x");
  make_directory("run/systemd/units/invocation:a");
  EXPECT_EQ(invocation("a/../../x"), kUnknown);
  EXPECT_EQ(invocation(""), kUnknown);
}

TEST_F(HostFactsTest, resolve_a_directory_through_links_and_slashes) {
  const std::string real = make_directory("releases/7/app");
  link("7", "releases/current");
  link(dir_ / "releases/current", "app");
  const Strings asked{real,
                      real + "//",
                      dir_ / "releases/current/app",
                      dir_ / "app/./app/../app/",
                      dir_ / "none"};
  const auto canonical = std::filesystem::canonical(real).string();
  const auto resolved = reader_.resolve(asked);
  EXPECT_EQ(resolved.size(), 4U);
  for (const auto& [from, to] : resolved) EXPECT_EQ(to, canonical) << from;
  EXPECT_FALSE(resolved.contains(dir_ / "none"));
}

class SilentTest : public HostFactsTest {
 protected:
  // The body is skipped where there is no FUSE.
  void with_silent(const std::string& name, const std::function<void()>& body) {
    const std::string at = make_directory(name);
    in_pid_namespace([&] {
      const SilentMount mount(at);
      if (!mount.works()) return;
      body();
    });
  }
  template <typename Body>
  static std::chrono::nanoseconds time_of(const Body& body) {
    const std::chrono::nanoseconds before = steady_time();
    body();
    return steady_time() - before;
  }
};

TEST_F(SilentTest, a_directory_that_does_not_answer_takes_one_timeout) {
  write("srv/api.pid", "5");
  with_silent("silent", [&] {
    const auto took = time_of([&] {
      EXPECT_EQ(pidfiles({dir_ / "srv", dir_ / "silent"}), kBlocked);
    });
    EXPECT_GE(took, kTimeout);
    EXPECT_LT(took, 5 * kTimeout);
    EXPECT_THAT(pids({dir_ / "srv"}), testing::SizeIs(1));
  });
}

TEST_F(SilentTest, a_directory_that_did_not_answer_is_not_asked_for_a_while) {
  with_silent("silent", [&] {
    EXPECT_EQ(pidfiles({dir_ / "silent"}), kBlocked);
    const auto took = time_of([&] {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(pidfiles({dir_ / "silent"}), kBlocked);
      }
    });
    EXPECT_LT(took, kTimeout);
  });
}

TEST_F(SilentTest, a_subdirectory_of_run_that_does_not_answer_is_no_none) {
  write("run/api/api.pid", "5");
  with_silent("run/silent",
              [&] { EXPECT_EQ(pidfiles({dir_ / "run"}), kBlocked); });
}

TEST_F(SilentTest, a_unit_whose_files_do_not_answer_is_blocked_and_no_other) {
  link(kId, "run/systemd/units/invocation:api.service");
  with_silent("run/user/7", [&] {
    const HostFacts facts = this->facts(
        {.units = {{.cgroup = "/u", .name = "u.service", .manager = 7},
                   {.cgroup = "/a", .name = "api.service"}}});
    EXPECT_EQ(
        facts.invocations.at("/u"),
        Observed<std::optional<std::string>>(std::unexpected(Unread::Blocked)));
    EXPECT_EQ(facts.invocations.at("/a"), kId);
  });
}

TEST_F(SilentTest, many_that_do_not_answer_do_not_take_a_timeout_each) {
  Strings asked;
  for (int i = 0; i < 20; ++i) {
    asked.push_back(dir_ / ("silent/" + std::to_string(i)));
  }
  asked.insert(asked.begin(), make_directory("srv"));
  with_silent("silent", [&] {
    std::map<std::string, std::string> resolved;
    EXPECT_LT(time_of([&] { resolved = reader_.resolve(asked); }),
              8 * kTimeout);
    EXPECT_THAT(resolved, testing::SizeIs(1));
  });
}

TEST_F(SilentTest, no_process_is_left_behind) {
  with_silent("silent", [&] {
    EXPECT_EQ(pidfiles({dir_ / "silent"}), kBlocked);
    const Result<std::string> children =
        read_file("/proc/self/task/1/children", 4096);
    ASSERT_TRUE(children);
    EXPECT_EQ(*children, "");
  });
}

}  // namespace
}  // namespace strayd
