// Expected failures are values: Result<T> holds a T or an Error. Its interface is the part of
// std::expected that this program uses, so that it can be replaced when the compilers offer that.
#pragma once

#include <cassert>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace kubevitals {

// What a caller may want to tell apart; everything else belongs in the message.
enum class ErrorCode {
  kInvalid,          // malformed input or configuration
  kNotFound,         // the thing named does not exist
  kUnauthorized,     // no or bad credentials
  kForbidden,        // good credentials that may not do this
  kConflict,         // the state moved on
  kGone,             // a resourceVersion or continue token that is too old
  kTooManyRequests,  // asked to slow down
  kUnsupported,      // the peer or this program does not offer it
  kTimeout,          // nothing came in time
  kUnavailable,      // the peer cannot be reached or broke off
  kCancelled,        // stopped by the caller
  kInternal,         // anything else
};

// "kInvalid" is "invalid" and so on; for logs and metrics.
std::string_view to_string(ErrorCode code);

// A failure to tell a person about. Messages read "cannot <verb> <object>: <cause>".
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::chrono::steady_clock::duration retry_after{};  // how long the peer asked to wait; zero: it did not

  // The same failure seen from one level further up: "<context>: <message>".
  Error wrap(std::string_view context) const {
    return Error{code, std::string(context).append(": ").append(message), retry_after};
  }
};

// kInvalid, with this message.
inline Error invalid(std::string message) {
  return Error{ErrorCode::kInvalid, std::move(message)};
}

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, T>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *check(); }
  const T& value() const& { return *check(); }
  T&& value() && { return std::move(*check()); }
  T& operator*() & { return *check(); }
  const T& operator*() const& { return *check(); }
  T&& operator*() && { return std::move(*check()); }
  T* operator->() { return check(); }
  const T* operator->() const { return check(); }
  template <typename U>
  T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }

  const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  T* check() {
    assert(has_value());
    return std::get_if<0>(&state_);
  }
  const T* check() const {
    assert(has_value());
    return std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const& {
    assert(!has_value());
    return *error_;
  }
  Error&& error() && {
    assert(!has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace kubevitals
