// The root of the tree: pid 1, whoever it is, and the kernel's threads.
#include <gtest/gtest.h>

#include "strayd/core/judge.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

constexpr std::uint32_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD

TEST(PidTwo, of_a_container_is_a_process_like_any_other) {
  World world;
  world.server(2, 1);
  expect(world, 2, Standing::Stray, Why::NoOwner);
}

TEST(PidTwo, of_a_container_ends_no_chain) {
  World world;
  world.process(2, 77, seconds{90}, {"x"}, "/x");
  world.server(10, 2);
  expect(world, 10, Standing::Held, Why::BrokenChain);
}

TEST(PidOne, that_supervises_owns_no_leftover_of_pm2) {
  for (const char* init : {"dinit", "runit", "s6-svscan", "supervisord"}) {
    World world;
    world.find(1).comm = init;
    world.god(5);
    Process& left = world.server(10, 1, seconds{101});
    left.session = 9;
    left.environment = World::cookie(seconds{100});
    world.answers(5, {World::instance(20, seconds{9000})});
    expect(world, 10, Standing::Leftover, Why::Superseded);
  }
}

TEST(PidOne, that_supervises_may_run_what_has_no_cookie) {
  World world;
  world.find(1).comm = "s6-svscan";
  world.server(10, 1);
  expect(world, 10, Standing::Managed, Why::BelowSupervisor);
}

TEST(PidOne, that_is_a_pm2_runtime_owns_its_workers) {
  World world;
  world.find(1).argv =
      std::vector<std::string>{"node", "/usr/bin/pm2-runtime", "start"};
  world.server(10, 1).environment = World::cookie(seconds{100});
  world.find(10).environment->insert({"exec_mode", "cluster_mode"});
  expect(world, 10, Standing::Managed, Why::BelowSupervisor);
}

TEST(KernelThread, ends_a_chain_whatever_its_pid) {
  World world;
  Process& thread = world.process(2, 0, seconds{0}, {}, "");
  thread.flags = kKernelThreadFlag;
  // A helper of the kernel (call_usermodehelper) has a kernel thread above it.
  world.server(10, 2);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

}  // namespace
}  // namespace strayd
