// A function that somebody has to give. Unlike a std::function it has no empty
// state to forget: an aggregate that leaves one out does not compile.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace strayd {

template <typename Signature>
class Port;

template <typename Return, typename... Arguments>
class Port<Return(Arguments...)> {
 public:
  template <typename Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, Port> &&
             std::is_invocable_r_v<Return, Function&, Arguments...>)
  // NOLINTNEXTLINE(google-explicit-constructor): a lambda is what one writes
  Port(Function&& function) : function_(std::forward<Function>(function)) {}

  Return operator()(Arguments... arguments) const {
    return function_(std::forward<Arguments>(arguments)...);
  }

 private:
  std::function<Return(Arguments...)> function_;
};

}  // namespace strayd
