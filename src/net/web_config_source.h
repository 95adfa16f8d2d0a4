// A web configuration that is read again when its files change.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/password_checker.h"
#include "net/server_tls.h"
#include "net/web_config.h"

namespace kubevitals::net {

// What is in force; constant once published.
struct WebState {
  WebConfig config;
  std::shared_ptr<ServerTls> tls;  // null: plain HTTP
};

// Shared by the servers of a program. Thread-safe.
//
// Promise: what current() gives is good, and as new as the files are. When they change to something that is
// not good, the last good state stays in force and the reason is logged, once until it is another one.
// Whether there is TLS is decided by open(): a file that says otherwise later is not good. Nor is one that no
// longer asks clients for what they had to show before (a password, a verified certificate, an allowed name):
// a file that is being written has an empty moment, in which the door must not stand open.
class WebConfigSource {
  struct Private {};

 public:
  // Makes a configuration of files, all of them read by `read_file`.
  using Reader = std::function<Result<WebConfig>(const FileReader& read_file)>;

  // kInvalid when the file is not good; see load_web_config().
  static Result<std::shared_ptr<WebConfigSource>> open(std::string path);
  // Nothing but TLS with the certificate and key in these files. Clients may show any certificate, and the
  // handler judges it.
  static Result<std::shared_ptr<WebConfigSource>> open_certificate(std::string certificate, std::string key);

  // `path` is named in messages.
  WebConfigSource(Private, std::string path, Reader reader)
      : path_(std::move(path)), reader_(std::move(reader)) {}

  // Looks at the files' times (one stat() each), and at their contents where these are new.
  std::shared_ptr<const WebState> current();

  bool serves_tls() const { return serves_tls_; }
  PasswordChecker& passwords() { return passwords_; }

  // For metrics: how often files were found changed and good, changed and not good, and the last of both.
  struct Figures {
    std::uint64_t reloads = 0;
    std::uint64_t failures = 0;
    bool last_was_good = true;
  };
  Figures figures() const;

 private:
  // What tells that a file is another one; all zero when there is none.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::timespec modified{};
    std::timespec changed{};

    bool operator==(const Stamp& other) const;
  };
  struct File {
    std::string path;
    Stamp stamp;
  };
  // All that one reading found.
  struct Reading {
    std::vector<File> files;
    std::string digest;    // of their contents
    bool settled = false;  // a change after it changes a stamp
    bool readable = true;  // all of them
  };

  static Result<std::shared_ptr<WebConfigSource>> open(std::string path, Reader reader);
  static Stamp stamp_of(const std::string& path);
  static bool changed(const Reading& reading);
  static std::string digest_of(const std::vector<File>& files);
  Result<std::shared_ptr<const WebState>> read(Reading& reading) const;
  void reload();
  void refuse(const std::string& why);

  const std::string path_;
  const Reader reader_;
  bool serves_tls_ = false;  // constant after open()
  PasswordChecker passwords_;

  // Guarded by the mutex.
  mutable std::mutex mutex_;
  Reading reading_;
  std::shared_ptr<const WebState> state_;
  std::string complaint_;  // the last one that was logged
  Figures figures_;
};

}  // namespace kubevitals::net
