// The control socket against clients that mean well, and others.
#include "strayd/agent/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "support/child.h"
#include "support/temp_dir.h"

namespace strayd::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// One connection; nothing here waits for the agent's side longer than it must.
class Client {
 public:
  explicit Client(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(fd_.get(),
                           reinterpret_cast<const sockaddr*>(&address),
                           sizeof address) == 0;
  }
  bool connected() const { return connected_; }
  void say(std::string_view bytes) const {
    (void)::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // What has come, to the end if the agent closed; nullopt: nothing yet.
  std::optional<std::string> heard() const {
    std::string all;
    std::array<char, 8192> chunk{};
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
      if (got < 0 && errno == EAGAIN) return std::nullopt;
      if (got <= 0) return all;
      all.append(chunk.data(), static_cast<std::size_t>(got));
    }
  }
  void hang_up() { fd_ = UniqueFd(); }

 private:
  UniqueFd fd_;
  bool connected_ = false;
};

class ControlTest : public testing::Test {
 protected:
  Control opened() const {
    Result<Control> control = Control::open(dir_.path());
    if (!control) ADD_FAILURE() << control.error().what;
    return *std::move(control);
  }
  void serve(Control& control) {
    control.serve([&](const std::string& request, const ControlPeer& peer) {
      requests_.push_back(request);
      peer_ = peer;
      return "ok " + request;
    });
  }
  Client client() const { return Client(path_); }

  TempDir dir_{};
  std::string path_ = dir_ / "control.sock";
  std::vector<std::string> requests_{};
  std::optional<ControlPeer> peer_{};
};

TEST_F(ControlTest, a_line_gets_a_line_and_the_end) {
  Control control = opened();
  const Client asks = client();
  asks.say("breaker status\n");
  serve(control);
  EXPECT_EQ(asks.heard(), "ok breaker status\n");
  EXPECT_THAT(requests_, ElementsAre("breaker status"));
}

TEST_F(ControlTest, says_who_asks) {
  Control control = opened();
  client().say("x\n");
  const Client asks = client();
  asks.say("x\n");
  serve(control);
  ASSERT_TRUE(peer_);
  EXPECT_EQ(peer_->uid, ::geteuid());
  EXPECT_EQ(peer_->pid, ::getpid());
}

TEST_F(ControlTest, wakes_its_loop_when_somebody_asks) {
  Control control = opened();
  const auto readable = [&] {
    std::vector<pollfd> fds;
    for (const int fd : control.wait_fds()) {
      fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
    return ::poll(fds.data(), fds.size(), 0) > 0;
  };
  EXPECT_FALSE(readable());
  EXPECT_FALSE(control.deadline());
  const Client asks = client();
  EXPECT_TRUE(readable());
  serve(control);
  EXPECT_FALSE(readable());
  EXPECT_TRUE(control.deadline());
  asks.say("x\n");
  EXPECT_TRUE(readable());
}

TEST_F(ControlTest, a_request_may_come_in_pieces) {
  Control control = opened();
  const Client asks = client();
  for (const std::string_view piece : {"bre", "aker cl", "ose"}) {
    asks.say(piece);
    serve(control);
    EXPECT_EQ(asks.heard(), std::nullopt);
  }
  asks.say("\n");
  serve(control);
  EXPECT_EQ(asks.heard(), "ok breaker close\n");
}

TEST_F(ControlTest, only_the_first_line_of_a_connection_counts) {
  Control control = opened();
  const Client asks = client();
  asks.say("one\ntwo\n");
  serve(control);
  serve(control);
  EXPECT_THAT(requests_, ElementsAre("one"));
}

TEST_F(ControlTest, a_reply_is_one_line_and_not_endless) {
  Control control = opened();
  const Client asks = client();
  asks.say("x\n");
  control.serve([](const std::string&, const ControlPeer&) {
    return "ok a\nb" + std::string(100'000, 'x');
  });
  const std::string heard = asks.heard().value_or("");
  EXPECT_THAT(heard, StartsWith("ok a b"));
  EXPECT_EQ(heard.size(), kLongestReply);
  EXPECT_EQ(heard.find('\n'), heard.size() - 1);
}

// ---- the file ----

TEST_F(ControlTest, nobody_else_may_connect) {
  const mode_t before = ::umask(0);
  const Control control = opened();
  ::umask(before);
  struct stat found{};
  ASSERT_EQ(::lstat(path_.c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 07777, 0600U);
}

TEST_F(ControlTest, the_file_goes_with_its_agent) {
  {
    const Control control = opened();
  }
  EXPECT_FALSE(fs::exists(fs::symlink_status(path_)));
}

TEST_F(ControlTest, a_socket_that_a_crash_left_is_replaced) {
  {
    const Child crashed([&](int ready) {
      const Result<Control> control = Control::open(dir_.path());
      Child::stay(ready);
    });
  }
  ASSERT_TRUE(fs::is_socket(path_));
  Control control = opened();
  const Client asks = client();
  asks.say("x\n");
  serve(control);
  EXPECT_EQ(asks.heard(), "ok x\n");
}

TEST_F(ControlTest, a_file_of_another_kind_is_not_touched) {
  ASSERT_TRUE(replace_file(path_, "precious"));
  const Result<Control> control = Control::open(dir_.path());
  ASSERT_FALSE(control);
  EXPECT_THAT(control.error().what, HasSubstr(path_));
  EXPECT_EQ(read_file(path_, 100), "precious");
}

TEST_F(ControlTest, a_symbolic_link_is_not_followed) {
  const std::string target = dir_ / "target";
  fs::create_symlink(target, path_);
  EXPECT_FALSE(Control::open(dir_.path()));
  EXPECT_FALSE(fs::exists(target));
  EXPECT_TRUE(fs::is_symlink(path_));
}

TEST_F(ControlTest, what_is_not_its_own_file_any_more_stays) {
  {
    const Control control = opened();
    fs::remove(path_);
    ASSERT_TRUE(replace_file(path_, "another's"));
  }
  EXPECT_EQ(read_file(path_, 100), "another's");
}

TEST_F(ControlTest, a_directory_that_others_may_enter_is_refused) {
  for (const mode_t mode : {0750U, 0710U, 0701U, 0777U}) {
    ASSERT_EQ(::chmod(dir_.path().c_str(), mode), 0);
    const Result<Control> control = Control::open(dir_.path());
    ASSERT_FALSE(control);
    EXPECT_THAT(control.error().what, HasSubstr("chmod 700"));
    EXPECT_FALSE(fs::exists(path_));
  }
}

TEST_F(ControlTest, a_directory_of_another_user_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown(dir_.path().c_str(), 65534, 65534), 0);
  EXPECT_FALSE(Control::open(dir_.path()));
}

TEST_F(ControlTest, a_path_longer_than_a_sockets_works) {
  const std::string deep =
      dir_ / std::string(100, 'a') + "/" + std::string(100, 'b');
  ASSERT_TRUE(make_directories(deep));
  Result<Control> control = Control::open(deep);
  ASSERT_TRUE(control) << control.error().what;
  EXPECT_TRUE(fs::is_socket(deep + "/control.sock"));
  EXPECT_EQ(ask_agent(deep, "x", milliseconds{1}).error().fault,
            Fault::TimedOut);
}

// ---- who is no friend ----

TEST_F(ControlTest, another_user_is_not_listened_to) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  Control control = opened();
  // As if the modes did not protect it.
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0711), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd out(ends[0]);
  const UniqueFd in(ends[1]);
  const Child stranger([&](int ready) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
    const Client asks = client();
    asks.say("breaker close\n");
    ::close(ready);
    std::optional<std::string> heard;
    while (!(heard = asks.heard())) ::poll(nullptr, 0, 1);
    (void)!::write(in.get(), heard->data(), heard->size());
    ::pause();
  });
  serve(control);
  std::string heard;
  ASSERT_TRUE(eventually([&] {
    std::array<char, 256> chunk{};
    const ssize_t got = ::read(out.get(), chunk.data(), chunk.size());
    if (got > 0) heard.append(chunk.data(), static_cast<std::size_t>(got));
    return !heard.empty();
  }));
  EXPECT_THAT(heard, StartsWith("error "));
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(ControlTest, the_silent_are_dropped_in_the_end) {
  Control control = opened();
  const Client silent = client();
  serve(control);
  const auto deadline = control.deadline();
  ASSERT_TRUE(deadline);
  EXPECT_TRUE(eventually([&] {
    serve(control);
    return silent.heard() == "";
  }));
  EXPECT_GE(steady_time(), *deadline);
  EXPECT_THAT(control.wait_fds(), SizeIs(1));
  EXPECT_FALSE(control.deadline());
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(ControlTest, a_crowd_of_silent_ones_keeps_nobody_out) {
  Control control = opened();
  std::vector<Client> crowd;
  for (std::size_t i = 0; i < 2 * Control::kMostClients; ++i) {
    crowd.push_back(client());
    ASSERT_TRUE(crowd.back().connected());
    serve(control);
    EXPECT_LE(control.wait_fds().size(), 1 + Control::kMostClients);
  }
  const Client asks = client();
  asks.say("x\n");
  EXPECT_TRUE(eventually([&] {
    serve(control);
    return asks.heard() == "ok x\n";
  }));
}

TEST_F(ControlTest, a_crowd_leaves_each_the_time_to_ask) {
  Control control = opened();
  const Client asks = client();
  serve(control);
  std::vector<Client> crowd;
  for (std::size_t i = 0; i < Control::kMostClients; ++i) {
    crowd.push_back(client());
  }
  serve(control);
  asks.say("x\n");
  serve(control);
  EXPECT_EQ(asks.heard(), "ok x\n");
}

TEST_F(ControlTest, sleeps_while_a_crowd_waits_for_room) {
  Control control = opened();
  std::vector<Client> crowd;
  for (std::size_t i = 0; i <= Control::kMostClients; ++i) {
    crowd.push_back(client());
  }
  serve(control);
  EXPECT_THAT(control.wait_fds(), SizeIs(Control::kMostClients));
  ASSERT_TRUE(control.deadline());
  EXPECT_LE(*control.deadline(), steady_time() + Control::kSafe);
}

TEST_F(ControlTest, a_request_without_end_is_refused) {
  Control control = opened();
  const Client asks = client();
  asks.say(std::string(100'000, 'x'));
  serve(control);
  EXPECT_THAT(asks.heard().value_or(""), StartsWith("error "));
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(ControlTest, the_longest_request_is_heard_and_a_longer_one_is_not) {
  Control control = opened();
  const std::string longest(kLongestRequest - 1, 'x');
  const Client asks = client();
  asks.say(longest + "\n");
  const Client wordy = client();
  wordy.say(longest + "x\n");
  serve(control);
  EXPECT_EQ(asks.heard(), "ok " + longest + "\n");
  EXPECT_THAT(wordy.heard().value_or(""), StartsWith("error "));
}

TEST_F(ControlTest, a_request_that_is_too_long_in_pieces_is_refused) {
  Control control = opened();
  const Client asks = client();
  asks.say(std::string(kLongestRequest - 1, 'x'));
  serve(control);
  asks.say("x\n");
  serve(control);
  EXPECT_THAT(asks.heard().value_or(""), StartsWith("error "));
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(ControlTest, who_leaves_is_forgotten) {
  Control control = opened();
  Client leaves = client();
  leaves.say("half a reque");
  serve(control);
  ASSERT_THAT(control.wait_fds(), SizeIs(2));
  leaves.hang_up();
  serve(control);
  EXPECT_THAT(control.wait_fds(), SizeIs(1));
  EXPECT_THAT(requests_, IsEmpty());
}

TEST_F(ControlTest, who_leaves_before_the_reply_does_no_damage) {
  Control control = opened();
  Client leaves = client();
  leaves.say("x\n");
  leaves.hang_up();
  serve(control);  // SIGPIPE would end the test
  EXPECT_THAT(requests_, ElementsAre("x"));
}

TEST_F(ControlTest, without_descriptors_it_pauses_instead_of_spinning) {
  Control control = opened();
  const Client asks = client();
  asks.say("x\n");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(STDERR_FILENO);
  ::close(next);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(next),
                    .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  serve(control);
  const bool pauses = control.wait_fds().empty() && control.deadline();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(pauses);
  EXPECT_TRUE(eventually([&] {
    serve(control);
    return asks.heard() == "ok x\n";
  }));
}

// ---- the other end ----

TEST_F(ControlTest, an_agent_that_is_not_there_is_told_apart) {
  EXPECT_EQ(ask_agent(dir_ / "nowhere", "x", seconds{1}).error().fault,
            Fault::NotFound);
  EXPECT_EQ(ask_agent(dir_.path(), "x", seconds{1}).error().fault,
            Fault::NotFound);
  {
    const Child crashed([&](int ready) {
      const Result<Control> control = Control::open(dir_.path());
      Child::stay(ready);
    });
  }
  EXPECT_EQ(ask_agent(dir_.path(), "x", seconds{1}).error().fault,
            Fault::Unreachable);
}

TEST_F(ControlTest, an_agent_that_is_busy_is_not_waited_for_without_end) {
  const Control busy = opened();
  EXPECT_EQ(ask_agent(dir_.path(), "x", milliseconds{1}).error().fault,
            Fault::TimedOut);
  std::vector<Client> crowd;
  do {
    crowd.push_back(client());
  } while (crowd.back().connected());
  EXPECT_EQ(ask_agent(dir_.path(), "x", milliseconds{1}).error().fault,
            Fault::TimedOut);
}

TEST_F(ControlTest, an_agent_replies_over_the_socket) {
  const Child agent([&](int ready) {
    Result<Control> control = Control::open(dir_.path());
    ::close(ready);
    for (;;) {
      std::vector<pollfd> fds;
      for (const int fd : control->wait_fds()) {
        fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
      }
      ::poll(fds.data(), fds.size(), -1);
      serve(*control);
    }
  });
  EXPECT_EQ(ask_agent(dir_.path(), "breaker status", seconds{60}),
            "ok breaker status");
}

}  // namespace
}  // namespace strayd::test
