// A directory of a test's own, and a way to wait for one coroutine.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "base/clock.h"

namespace kubevitals::kube {

class ScratchTest : public testing::Test {
 protected:
  ScratchTest() {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::path(testing::TempDir()) /
                 (std::string("kubevitals-") + test.test_suite_name() + "-" + test.name());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~ScratchTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  // Written aside and renamed, as mounted secrets change: a reader sees the old text or the new one.
  std::string write(const std::string& name, const std::string& text, bool executable = false) const {
    const std::filesystem::path aside = directory_ / (name + ".new");
    std::ofstream(aside, std::ios::binary) << text;
    if (executable) std::filesystem::permissions(aside, std::filesystem::perms::owner_all);
    std::filesystem::rename(aside, directory_ / name);
    return path(name);
  }

  std::string script(const std::string& name, const std::string& commands) const {
    return write(name, "#!/bin/sh\n" + commands + "\n", true);
  }

  std::string read(const std::string& name) const {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path directory_;
};

// Runs the context until the coroutine has its result.
template <typename T>
T wait_for(asio::io_context& io, asio::awaitable<T> work) {
  std::optional<T> result;
  bool done = false;
  asio::co_spawn(
      io,
      [](asio::awaitable<T> inner, std::optional<T>& out) -> asio::awaitable<void> {
        out.emplace(co_await std::move(inner));
      }(std::move(work), result),
      [&done](std::exception_ptr thrown) {
        done = true;
        if (thrown) std::rethrow_exception(thrown);
      });
  io.restart();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done && std::chrono::steady_clock::now() < deadline) io.run_one_for(std::chrono::seconds(1));
  if (!result) throw std::runtime_error("the coroutine did not end");
  return std::move(*result);
}

}  // namespace kubevitals::kube
