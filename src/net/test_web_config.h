// Files for the tests of the web configuration.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include "net/web_config_source.h"

namespace kubevitals::net {

// The passwords "secret" and "sesame".
inline constexpr const char* kSecretHash = "$2a$04$djaiNJkH76SntgsTf7b.P.7fQT9E/1aGIFFuThy5RPM43xwzqZ4jy";
inline constexpr const char* kSesameHash = "$2a$04$PXQMAmOZz58ZNgXEv2I/n.iRRwG1M/PT516haTvBgIsKaWq4Q/eXS";

// A folder of its own, which goes with it.
class TestFiles {
 public:
  TestFiles() {
    static std::atomic<int> count = 0;
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("kubevitals-web-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(folder_);
  }
  ~TestFiles() { std::filesystem::remove_all(folder_); }
  TestFiles(const TestFiles&) = delete;
  TestFiles& operator=(const TestFiles&) = delete;

  // Writes a file, in place; its path.
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  void remove(const std::string& name) const { std::filesystem::remove(folder_ / name); }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace kubevitals::net
