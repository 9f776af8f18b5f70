#include <concepts>
#include <limits>
#include <optional>
#include <utility>

#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {
namespace {

// The fields after the name, each of which must be followed by a space: a text
// that is cut inside a number would give another number.
class Fields {
 public:
  explicit Fields(std::string_view rest) : rest_(rest) {}

  bool whole() const { return whole_; }

  std::string_view word() {
    if (rest_.find(' ') == std::string_view::npos) whole_ = false;
    return take_until(rest_, ' ');
  }
  void skip(int count) {
    for (int i = 0; i < count; ++i) word();
  }
  template <std::integral Number>
  Number number() {
    const std::optional<Number> number = to_number<Number>(word());
    if (!number) whole_ = false;
    return number.value_or(Number{});
  }

 private:
  std::string_view rest_;
  bool whole_ = true;
};

// As much as the type holds where the sum is beyond it.
std::uint64_t capped_sum(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return a > most - b ? most : a + b;
}

std::unexpected<Error> malformed(const char* why) {
  return fail(Fault::Malformed, std::string("parse stat: ").append(why));
}

}  // namespace

Result<ProcStat> parse_stat(std::string_view text) {
  // The name is raw: it may hold spaces, newlines and parentheses, but nothing
  // after it can, so it ends at the last one.
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos ||
      close < open + 2) {
    return malformed("no name in parentheses");
  }
  const std::optional<pid_t> pid = to_number<pid_t>(text.substr(0, open));
  if (!pid || *pid <= 0) return malformed("no pid");

  Fields fields{text.substr(close + 2)};
  ProcStat stat;
  stat.id.pid = *pid;
  stat.comm = text.substr(open + 2, close - open - 2);
  const std::string_view state = fields.word();
  stat.state = state.size() == 1 ? state.front() : '\0';
  stat.parent = fields.number<pid_t>();
  stat.group = fields.number<pid_t>();
  stat.session = fields.number<pid_t>();
  stat.tty = fields.number<std::int32_t>();
  fields.skip(1);  // tpgid
  stat.flags = fields.number<std::uint32_t>();
  fields.skip(1);  // its own minor page faults
  stat.has_awaited_children = fields.number<std::uint64_t>() != 0;
  fields.skip(2);  // major page faults
  const auto user_ticks = fields.number<std::uint64_t>();
  stat.cpu_ticks = capped_sum(user_ticks, fields.number<std::uint64_t>());
  fields.skip(4);  // times of children, priority, nice
  stat.threads = fields.number<std::int64_t>();
  fields.skip(1);  // itrealvalue
  stat.id.start_ticks = fields.number<std::uint64_t>();
  fields.skip(1);  // vsize
  stat.resident_pages = fields.number<std::uint64_t>();
  if (!fields.whole() || stat.state == '\0') {
    return malformed(
        "a field up to the resident size is missing or not a number");
  }
  fields.skip(23);  // limits, addresses, signals, scheduling
  const auto argv_at = fields.number<std::uint64_t>();
  if (fields.whole()) stat.argv_at = argv_at;
  return stat;
}

}  // namespace strayd
