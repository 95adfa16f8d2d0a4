#include "discovery/file/directory_watches.h"

#include <fnmatch.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "base/mutex.h"

namespace kubevitals::discovery::file {
namespace {

constexpr std::uint32_t kEvents = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;

std::string cause() {
  return std::generic_category().message(errno);
}

}  // namespace

bool NamesOfInterest::contains(const char* name) const {
  const auto matches = [name](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), name, FNM_PATHNAME) == 0;
  };
  return others.contains(name) || std::any_of(patterns.begin(), patterns.end(), matches);
}

// The descriptor is waited for on a strand of its own, and closed there; the rest is guarded by the mutex.
class DirectoryWatches::Impl final : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(const asio::any_io_executor& io) : strand_(asio::make_strand(io)), descriptor_(strand_) {}

  // Begins to listen with the first who has something to watch.
  Result<void> open() {
    const MutexLock lock(mutex_);
    if (inotify_ >= 0) return {};
    inotify_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_ < 0) return Error{ErrorCode::kUnavailable, "cannot watch files: " + cause()};
    descriptor_.assign(inotify_);
    auto listening = listen(shared_from_this());
    asio::co_spawn(strand_, std::move(listening), asio::detached);
    return {};
  }

  void close() {
    asio::post(strand_, [self = shared_from_this()] {
      boost::system::error_code ignored;
      self->descriptor_.close(ignored);
    });
  }

  std::vector<Error> set_directories(Watch& watch, const std::vector<std::string>& paths) {
    const MutexLock lock(mutex_);
    std::vector<Error> failures;
    std::set<int> wanted;
    for (const std::string& path : paths) {
      // Gives the same number again for a directory that is watched already, and a new one for another
      // directory in its place.
      const int number = ::inotify_add_watch(inotify_, path.c_str(), kEvents | IN_ONLYDIR);
      if (number >= 0) {
        wanted.insert(number);
      } else if (errno != ENOENT && errno != ENOTDIR) {
        failures.push_back({ErrorCode::kUnavailable, "cannot watch " + path + ": " + cause()});
      }
    }
    for (const int number : wanted) watches_[number].insert(&watch);
    const std::set<int> before = std::exchange(watch.directories_, wanted);
    for (const int number : before) {
      if (!wanted.contains(number)) leave(number, watch);
    }
    return failures;
  }

  void set_names(Watch& watch, NamesOfInterest names) {
    const MutexLock lock(mutex_);
    watch.names_ = std::move(names);
  }

  void remove(Watch& watch) {
    const MutexLock lock(mutex_);
    for (const int number : watch.directories_) leave(number, watch);
  }

 private:
  static asio::awaitable<void> listen(std::shared_ptr<Impl> self) {
    for (;;) {
      boost::system::error_code error;
      auto token = asio::redirect_error(asio::use_awaitable, error);
      co_await self->descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, token);
      if (error) co_return;
      self->read_events();
    }
  }

  void read_events() {
    alignas(inotify_event) std::array<char, 16 << 10> buffer;
    for (;;) {
      const ssize_t size = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
      if (size <= 0) return;
      const MutexLock lock(mutex_);
      for (const char* at = buffer.data(); at < buffer.data() + size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        tell(*event);
        at += sizeof(inotify_event) + event->len;
      }
    }
  }

  void tell(const inotify_event& event) REQUIRES(mutex_) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      for (const auto& [number, watches] : watches_) {
        for (Watch* watch : watches) watch->waker_.wake();
      }
      return;
    }
    const auto found = watches_.find(event.wd);
    if (found == watches_.end()) return;
    for (Watch* watch : found->second) {
      if (event.len == 0 || watch->names_.contains(event.name)) watch->waker_.wake();
    }
  }

  void leave(int number, Watch& watch) REQUIRES(mutex_) {
    const auto found = watches_.find(number);
    if (found == watches_.end()) return;
    found->second.erase(&watch);
    if (!found->second.empty()) return;
    watches_.erase(found);
    // Fails when the directory is gone, and the system's watch with it.
    ::inotify_rm_watch(inotify_, number);
  }

  const asio::strand<asio::any_io_executor> strand_;
  asio::posix::stream_descriptor descriptor_;

  Mutex mutex_;
  int inotify_ GUARDED_BY(mutex_) = -1;
  std::map<int, std::set<Watch*>> watches_ GUARDED_BY(mutex_);
};

DirectoryWatches::DirectoryWatches(asio::any_io_executor io) : impl_(std::make_shared<Impl>(io)) {}

DirectoryWatches::~DirectoryWatches() {
  impl_->close();
}

Result<std::unique_ptr<DirectoryWatches::Watch>> DirectoryWatches::watch(Waker& waker) {
  if (Result<void> opened = impl_->open(); !opened) return opened.error();
  return std::make_unique<Watch>(impl_, waker);
}

DirectoryWatches::Watch::Watch(std::shared_ptr<Impl> impl, Waker& waker)
    : impl_(std::move(impl)), waker_(waker) {}

DirectoryWatches::Watch::~Watch() {
  impl_->remove(*this);
}

std::vector<Error> DirectoryWatches::Watch::set_directories(const std::vector<std::string>& directories) {
  return impl_->set_directories(*this, directories);
}

void DirectoryWatches::Watch::set_names(NamesOfInterest names) {
  impl_->set_names(*this, std::move(names));
}

}  // namespace kubevitals::discovery::file
