// The files of a real PM2 7.0.4 with node 20.20.2 and tsx on Linux 6.18: a God
// Daemon, an app started by npm, and a cluster worker with a child.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/proc/procfs.h"

namespace strayd {
namespace {

using Arguments = std::vector<std::string>;

class Captured : public testing::Test {
 protected:
  static Process read(pid_t pid, std::uint64_t start_ticks) {
    Result<Procfs> procfs =
        Procfs::open({.root = STRAYD_PROC_FIXTURES "/pm2-7.0.4"});
    EXPECT_TRUE(procfs);
    const Result<Process> process =
        procfs->read({.pid = pid, .start_ticks = start_ticks});
    EXPECT_TRUE(process);
    return process.value_or(Process{});
  }
};

TEST_F(Captured, daemon_has_its_title_for_a_command_line) {
  const Process daemon = read(6179, 472917);
  EXPECT_EQ(daemon.comm, "PM2 v7.0.4: God");
  EXPECT_EQ(daemon.argv,
            Arguments{"PM2 v7.0.4: God Daemon (/srv/app/.pm2-00)"});
  EXPECT_EQ(daemon.parent, 1);
  EXPECT_EQ(daemon.environment,
            (Environment{{"HOME", "/root"}, {"PM2_HOME", "/srv/app/.pm2-00"}}));
}

TEST_F(Captured, daemon_has_used_time_and_memory) {
  const Process daemon = read(6179, 472917);
  EXPECT_EQ(daemon.cpu, std::chrono::milliseconds{1670});
  EXPECT_EQ(daemon.resident_bytes % 14092, 0U);
  EXPECT_GE(daemon.resident_bytes, 14092U * 4096);
}

TEST_F(Captured, daemon_keeps_the_place_of_the_arguments_that_it_wrote_over) {
  const Process daemon = read(6179, 472917);
  EXPECT_EQ(daemon.argv_at, 140735908130480U);
  EXPECT_EQ(daemon.ignores_hangup, false);
}

TEST_F(Captured, npm_has_one_argument_and_the_whole_cookie) {
  const Process npm = read(6225, 473007);
  EXPECT_EQ(npm.comm, "npm run dev");
  EXPECT_EQ(npm.argv, Arguments{"npm run dev"});
  EXPECT_EQ(npm.environment,
            (Environment{{"HOME", "/root"},
                         {"NODE_APP_INSTANCE", "0"},
                         {"PM2_HOME", "/srv/app/.pm2-00"},
                         {"created_at", "1795386502029"},
                         {"exec_mode", "fork_mode"},
                         {"name", "orders-api"},
                         {"namespace", "default"},
                         {"pm_cwd", "/srv/app/backend"},
                         {"pm_exec_path", "/usr/bin/npm"},
                         {"pm_id", "0"},
                         {"pm_uptime", "1795386502029"},
                         {"restart_time", "0"},
                         {"unique_id", "a39b6295-b7ac-4545-98f2-8e54d213cb3f"},
                         {"username", "root"}}));
}

TEST_F(Captured, server_inherits_the_cookie_and_keeps_its_arguments) {
  const Process server = read(6302, 473204);
  ASSERT_TRUE(server.argv);
  EXPECT_EQ(server.argv->size(), 6U);
  EXPECT_EQ(server.argv->back(), "src/server.ts");
  ASSERT_TRUE(server.environment);
  EXPECT_EQ(server.environment->at("pm_id"), "0");
}

TEST_F(Captured, cluster_worker_has_its_cookie_in_an_object) {
  const Process worker = read(6331, 473287);
  EXPECT_EQ(worker.session, 6179) << "the daemon's own";
  EXPECT_EQ(worker.environment,
            (Environment{{"HOME", "/root"},
                         {"NODE_APP_INSTANCE", "0"},
                         {"PM2_HOME", "/srv/app/.pm2-00"},
                         {"created_at", "1795386504834"},
                         {"exec_mode", "cluster_mode"},
                         {"name", "clu"},
                         {"namespace", "default"},
                         {"pm_cwd", "/srv/app/backend"},
                         {"pm_exec_path", "/srv/app/backend/clu.js"},
                         {"pm_id", "2"},
                         {"pm_uptime", "1795386504834"},
                         {"restart_time", "0"},
                         {"unique_id", "be501fe1-245d-4587-8a3a-23e0377a4a89"},
                         {"username", "root"}}));
}

TEST_F(Captured, child_of_a_cluster_worker_has_variables_again) {
  const Process child = read(6362, 473376);
  ASSERT_TRUE(child.environment);
  EXPECT_EQ(child.environment->at("pm_id"), "2");
}

}  // namespace
}  // namespace strayd
