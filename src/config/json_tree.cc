#include "json_tree.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "json_text.h"
#include "problems.h"
#include "syntax.h"

namespace strayd::config {
namespace {

// Doubles are exact up to here, and no key of ours comes near it.
constexpr double kExact = 9007199254740992.0;  // 2^53

// The events of nlohmann's SAX parser, which come in the order of the tokens.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, Problems& problems)
      : text_(text), problems_(&problems), walk_(text) {}

  std::optional<Node> take_root() { return std::move(root_); }

  bool null() { return add(Node::Kind::Null) != nullptr; }

  bool boolean(bool value) {
    Node* node = add(Node::Kind::Boolean);
    if (node) node->truth = value;
    return node != nullptr;
  }

  bool number_integer(std::int64_t value) { return add_number(value); }

  bool number_unsigned(std::uint64_t value) {
    if (!std::in_range<std::int64_t>(value)) return add_number(std::nullopt);
    return add_number(static_cast<std::int64_t>(value));
  }

  bool number_float(double value, const std::string& /*text*/) {
    if (std::trunc(value) != value || std::abs(value) > kExact) {
      return add_number(std::nullopt);
    }
    return add_number(static_cast<std::int64_t>(value));
  }

  bool string(std::string& value) {
    Node* node = add(Node::Kind::String);
    if (node) node->text = std::move(value);
    return node != nullptr;
  }

  // Text has none.
  static bool binary(nlohmann::json::binary_t& /*value*/) { return false; }

  bool start_object(std::size_t /*size*/) { return open(Node::Kind::Object); }
  bool start_array(std::size_t /*size*/) { return open(Node::Kind::Array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const Token place = walk_.next();
    if (!open_.back().keys.insert(name).second) {
      problems_->add(
          place.begin,
          {},
          fmt::format("the key \"{}\" occurs twice here", printable(name)));
    }
    key_ = Key{.name = std::move(name), .place = place};
    return true;
  }

  bool parse_error(std::size_t read,
                   const std::string& /*token*/,
                   const nlohmann::json::exception& error) {
    const ParserVerdict verdict{.offset = read == 0 ? 0 : read - 1,
                                .text = error.what()};
    SyntaxProblem problem =
        explain_syntax(text_, walk_.position(), last_read(), verdict);
    problems_->add(problem.offset, {}, std::move(problem.what));
    return false;
  }

 private:
  struct Open {
    Node* node = nullptr;
    std::set<std::string> keys{};
  };
  struct Key {
    std::string name{};
    Token place{};
  };

  // The node lives in its parent, which grows only after the node is closed:
  // the pointers in open_ stay good.
  Node* add(Node::Kind kind) {
    Node node{.kind = kind, .place = walk_.next()};
    if (++values_ > kMostValues) {
      problems_->add(node.place.begin,
                     {},
                     fmt::format("more than {} values", kMostValues));
      return nullptr;
    }
    if (key_) {
      node.key = std::move(key_->name);
      node.key_place = key_->place;
      key_.reset();
    }
    if (open_.empty()) return &root_.emplace(std::move(node));
    return &open_.back().node->children.emplace_back(std::move(node));
  }

  bool add_number(std::optional<std::int64_t> whole) {
    Node* node = add(Node::Kind::Number);
    if (node) node->whole = whole;
    return node != nullptr;
  }

  bool open(Node::Kind kind) {
    Node* node = add(kind);
    if (!node) return false;
    if (open_.size() == kDeepest) {
      problems_->add(node->place.begin,
                     {},
                     fmt::format("nested deeper than {} levels", kDeepest));
      return false;
    }
    open_.push_back({.node = node});
    return true;
  }

  bool close() {
    walk_.next();
    open_.pop_back();
    return true;
  }

  Syntax last_read() const {
    if (open_.empty()) return root_ ? Syntax::WholeDocument : Syntax::Nothing;
    if (key_) return Syntax::Key;
    const Node& node = *open_.back().node;
    if (node.kind == Node::Kind::Object) {
      return node.children.empty() ? Syntax::OpenObject : Syntax::Member;
    }
    return node.children.empty() ? Syntax::OpenArray : Syntax::Item;
  }

  std::string_view text_;
  Problems* problems_;
  TokenWalk walk_;
  std::optional<Node> root_{};
  std::vector<Open> open_{};
  std::optional<Key> key_{};
  std::size_t values_ = 0;
};

// nlohmann takes a NUL for the end of the text and would ignore what follows.
bool is_text(std::string_view text, Problems& problems) {
  if (text.size() > kMostBytes) {
    problems.add(0, {}, fmt::format("larger than {} bytes", kMostBytes));
    return false;
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    problems.add(nul, {}, "a NUL byte: this is not a text file");
    return false;
  }
  return true;
}

}  // namespace

std::optional<Node> read_json(std::string_view text, Problems& problems) {
  if (!is_text(text, problems)) return std::nullopt;
  TreeBuilder builder(text, problems);
  const bool whole =
      nlohmann::json::sax_parse(text.begin(),
                                text.end(),
                                &builder,
                                nlohmann::json::input_format_t::json,
                                /*strict=*/true,
                                /*ignore_comments=*/true);
  if (!whole) return std::nullopt;
  return builder.take_root();
}

}  // namespace strayd::config
