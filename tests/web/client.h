// An HTTP client for the tests: raw bytes in, the whole answer out.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/sys/fd.h"
#include "strayd/web/server.h"

namespace strayd {

struct Answer {
  int status = 0;                                // 0: closed without an answer
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
};

// A server on a free port of 127.0.0.1, or a failed test and an exception.
Server start_server(Server::Handler handler,
                    WebOptions options = {},
                    std::vector<std::string> open_paths = {});

// Connects to "127.0.0.1:PORT"; receiving gives up after 5 s.
UniqueFd dial(const std::string& address);

// False once the other side has closed.
bool send_bytes(int fd, std::string_view bytes);

// Everything until the other side closes.
std::string receive_all(int fd);

Answer parse_answer(std::string_view text);
Answer ask(const std::string& address, std::string_view request);

// "GET PATH" with these header lines ("Name: value\r\n").
Answer get(const std::string& address,
           std::string_view path,
           std::string_view headers = {});

// How many sockets of this process are bound to the address, listener included.
std::size_t sockets_at(const std::string& address);

}  // namespace strayd
