// Clients that take their time must cost the others, and the end, none.
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "web/client.h"

namespace strayd {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

Response hello(const Request& /*request*/) {
  return {.body = "hello\n"};
}

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

// A pause that ends early when one of the connections is cut.
void wait_for_cut(std::vector<pollfd>& connections, milliseconds longest) {
  ::poll(connections.data(),
         connections.size(),
         static_cast<int>(longest.count()));
}

// Clients that never finish a request and come back whenever they are cut.
class Stallers {
 public:
  // `idle` say nothing at all, `slow` a byte now and then.
  Stallers(std::string address, int idle, int slow)
      : address_(std::move(address)) {
    for (int i = 0; i < idle; ++i) clients_.push_back({});
    for (int i = 0; i < slow; ++i) clients_.push_back({.slow = true});
    for (Client& client : clients_) connect(client);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  int cuts() const { return cuts_; }

 private:
  struct Client {
    bool slow = false;
    UniqueFd fd{};
  };

  void connect(Client& client) const {
    client.fd = dial(address_);
    if (client.slow) send_bytes(client.fd.get(), "GET / HTTP/1.1\r\nX: ");
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> waiting;
      waiting.reserve(clients_.size());
      for (const Client& client : clients_) {
        waiting.push_back(
            {.fd = client.fd.get(), .events = POLLIN, .revents = 0});
      }
      wait_for_cut(waiting, milliseconds(200));
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        Client& client = clients_[i];
        const bool cut = waiting[i].revents != 0 ||
                         (client.slow && !send_bytes(client.fd.get(), "x"));
        if (!cut) continue;
        ++cuts_;
        connect(client);
      }
    }
  }

  std::string address_;
  std::vector<Client> clients_;
  std::atomic<int> cuts_ = 0;
  std::jthread thread_;
};

TEST(Starvation, a_scrape_is_answered_within_2_s_beside_70_stalling_clients) {
  const Server server = start_server(hello);
  const Stallers stallers(server.address(), 50, 20);
  milliseconds longest{0};
  int scrapes = 0;
  // Until every staller was cut twice, on average.
  const auto start = Clock::now();
  while (stallers.cuts() < 140 && since(start) < seconds(20)) {
    const auto asked = Clock::now();
    ASSERT_EQ(get(server.address(), "/metrics").status, 200);
    longest = std::max(longest, since(asked));
    ++scrapes;
  }
  EXPECT_LT(longest, seconds(2));
  EXPECT_GE(stallers.cuts(), 140);
  RecordProperty("longest_ms", static_cast<int>(longest.count()));
  RecordProperty("scrapes", scrapes);
}

TEST(Starvation, an_idle_connection_is_cut_after_a_second) {
  const Server server = start_server(hello);
  const UniqueFd fd = dial(server.address());
  const auto start = Clock::now();
  receive_all(fd.get());
  EXPECT_LT(since(start), seconds(2));
}

TEST(Starvation, an_endless_body_is_not_read) {
  const Server server = start_server(hello);
  const UniqueFd fd = dial(server.address());
  const auto start = Clock::now();
  send_bytes(fd.get(), "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_EQ(parse_answer(receive_all(fd.get())).status, 200);
  EXPECT_LT(since(start), seconds(1));
}

TEST(Starvation, a_client_that_never_reads_is_given_up) {
  const std::string body(16U << 20U, 'x');
  const Server server =
      start_server([&](const Request&) { return Response{.body = body}; });
  const UniqueFd fd = dial(server.address());
  send_bytes(fd.get(), "GET / HTTP/1.1\r\n\r\n");
  pollfd answered{.fd = fd.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&answered, 1, 5000), 1);
  // The answer has begun; that the server lets go shows in its descriptors.
  const auto start = Clock::now();
  while (sockets_at(server.address()) > 1 && since(start) < seconds(15)) {
    ::poll(nullptr, 0, 20);
  }
  EXPECT_LT(since(start), seconds(8));
}

class Shutdown : public testing::Test {
 protected:
  // How long the server takes to end.
  static milliseconds end(Server server) {
    const auto start = Clock::now();
    {
      const Server last = std::move(server);
    }
    return since(start);
  }
};

TEST_F(Shutdown, takes_less_than_a_second_with_nobody_there) {
  EXPECT_LT(end(start_server(hello)), seconds(1));
}

TEST_F(Shutdown, takes_less_than_a_second_with_idle_clients) {
  Server server = start_server(hello);
  std::vector<UniqueFd> idle;
  idle.reserve(80);
  for (int i = 0; i < 80; ++i) idle.push_back(dial(server.address()));
  EXPECT_EQ(get(server.address(), "/").status, 200);
  EXPECT_LT(end(std::move(server)), seconds(1));
}

TEST_F(Shutdown,
       takes_less_than_a_second_with_clients_that_drip_or_do_not_read) {
  const std::string body(16U << 20U, 'x');
  Server server =
      start_server([&](const Request&) { return Response{.body = body}; });
  const Stallers stallers(server.address(), 0, 20);
  std::vector<UniqueFd> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(dial(server.address()));
    send_bytes(readers.back().get(), "GET / HTTP/1.1\r\n\r\n");
    pollfd answered{.fd = readers.back().get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&answered, 1, 5000), 1);
  }
  EXPECT_LT(end(std::move(server)), seconds(1));
}

TEST_F(Shutdown, leaves_no_socket_behind) {
  Server server = start_server(hello);
  const std::string address = server.address();
  // More than there are threads, so that some still wait for one.
  std::vector<UniqueFd> idle;
  idle.reserve(200);
  for (int i = 0; i < 200; ++i) idle.push_back(dial(address));
  end(std::move(server));
  EXPECT_EQ(sockets_at(address), 0U);
  EXPECT_FALSE(dial(address));
}

}  // namespace
}  // namespace strayd
