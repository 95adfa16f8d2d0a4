#include "discovery/zookeeper/session.h"

#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace kubevitals::discovery::zookeeper {
namespace {

using Content = Result<std::optional<NodeContent>>;

std::string servers_of(const TreeOptions& options) {
  std::string text;
  for (const std::string& server : options.servers) {
    if (!text.empty()) text += ',';
    text += server;
    if (server.find(':') == std::string::npos) text += ":2181";
  }
  return text;
}

int milliseconds_of(std::chrono::milliseconds duration) {
  return static_cast<int>(std::min<std::int64_t>(duration.count(), std::numeric_limits<int>::max()));
}

Error error_of(const std::string& path, int code) {
  return Error{code == ZNOAUTH ? ErrorCode::kForbidden : ErrorCode::kUnavailable,
               "cannot read " + path + ": " + zerror(code)};
}

// Shared by the strand and the thread that opens and closes the client, which blocks. The client's own
// threads have a plain pointer, good until zookeeper_close() has returned; all they do is post.
class Core final : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::any_io_executor strand, const TreeOptions& options, SessionListener& listener)
      : servers_(servers_of(options)),
        timeout_(milliseconds_of(options.timeout)),
        strand_(std::move(strand)),
        listener_(&listener) {
    closed_timer_.emplace(strand_, asio::steady_timer::time_point::max());
  }

  // What the thread does: opens, waits until it is to stop, closes.
  static void live(const std::shared_ptr<Core>& core);

  // On the strand.
  void read(std::string path, bool even_absent, Session::Callback callback);
  // False when the thread still opens; it then ends by itself, and touches nothing of ours.
  asio::awaitable<bool> close();

 private:
  // A node that is being read: its data first, then its children.
  struct Reading {
    Core* core;
    std::uint64_t id;
    std::string path;
    bool even_absent;
    Session::Callback callback;
    NodeContent content;
  };

  // The client's threads.
  static void on_session(zhandle_t*, int type, int state, const char* path, void* core);
  static void on_node(zhandle_t*, int type, int state, const char* path, void* core);
  static void on_data(int code, const char* value, int size, const Stat*, const void* reading);
  static void on_children(int code, const String_vector* names, const void* reading);
  static void on_existence(int code, const Stat*, const void* reading);

  // To the strand, from any thread, unless it is over.
  template <typename Function>
  void post(Function function) {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    asio::post(strand_, [self = shared_from_this(), function = std::move(function)]() mutable {
      if (self->listener_ != nullptr) function(*self);
    });
  }

  // On the strand.
  void opened(zhandle_t* handle, int error);
  void session_event(int state);
  void got_data(std::uint64_t id, int code, std::string data);
  void got_children(std::uint64_t id, int code, std::vector<std::string> names);
  void got_existence(std::uint64_t id, int code);
  void ask_for_data(Reading& reading);
  void finish(std::uint64_t id, Content content);
  void fail_later(const Reading& reading, int code);
  Reading* find(std::uint64_t id);

  const std::string servers_;
  const int timeout_;

  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stop_ = false;    // guarded by mutex_
  bool opened_ = false;  // guarded by mutex_: before that the thread is not waited for

  // On the strand, and gone with it: the thread may live longer.
  asio::any_io_executor strand_;
  std::optional<asio::steady_timer> closed_timer_;
  bool closed_ = false;
  SessionListener* listener_;  // null after close()
  zhandle_t* handle_ = nullptr;
  std::map<std::uint64_t, std::unique_ptr<Reading>> readings_;
  std::uint64_t last_id_ = 0;
};

void Core::live(const std::shared_ptr<Core>& core) {
  // Waits for the system to resolve the servers' names.
  zhandle_t* handle =
      zookeeper_init(core->servers_.c_str(), &Core::on_session, core->timeout_, nullptr, core.get(), 0);
  const int error = handle == nullptr ? errno : 0;
  core->post([handle, error](Core& self) { self.opened(handle, error); });
  std::unique_lock lock(core->mutex_);
  const bool awaited = !core->stop_;
  core->opened_ = awaited;
  core->stopping_.wait(lock, [&] { return core->stop_; });
  lock.unlock();
  if (handle != nullptr) zookeeper_close(handle);
  if (!awaited) return;
  asio::post(core->strand_, [core] {
    core->closed_ = true;
    core->closed_timer_->cancel();
  });
}

asio::awaitable<bool> Core::close() {
  co_await asio::this_coro::throw_if_cancelled(false);
  listener_ = nullptr;
  handle_ = nullptr;
  bool awaited = false;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    awaited = opened_;
    stopping_.notify_all();
  }
  while (awaited && !closed_) {
    boost::system::error_code woken;
    auto token = asio::redirect_error(asio::use_awaitable, woken);
    co_await closed_timer_->async_wait(token);
  }
  closed_timer_.reset();
  for (const auto& [id, reading] : readings_) reading->callback = nullptr;
  co_return awaited;
}

void Core::opened(zhandle_t* handle, int error) {
  handle_ = handle;
  if (handle_ != nullptr) return;
  const std::string cause = std::generic_category().message(error);
  listener_->on_over(Error{ErrorCode::kUnavailable, "cannot find ZooKeeper at " + servers_ + ": " + cause});
}

void Core::on_session(zhandle_t* handle, int type, int state, const char*, void* core) {
  if (type != ZOO_SESSION_EVENT) return;
  static_cast<Core*>(core)->post([handle, state](Core& self) {
    // It may be connected before the thread that opened it has said so.
    if (self.handle_ == nullptr) self.handle_ = handle;
    self.session_event(state);
  });
}

void Core::on_node(zhandle_t*, int type, int, const char* path, void* core) {
  // Events of the session come here too, once for each node.
  if (type == ZOO_SESSION_EVENT || type == ZOO_NOTWATCHING_EVENT || path == nullptr) return;
  static_cast<Core*>(core)->post(
      [changed = std::string(path)](Core& self) { self.listener_->on_changed(changed); });
}

void Core::session_event(int state) {
  if (state == ZOO_CONNECTED_STATE || state == ZOO_READONLY_STATE) {
    listener_->on_connected();
  } else if (state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE) {
    const char* cause = state == ZOO_AUTH_FAILED_STATE ? "it was refused" : "it has expired";
    listener_->on_over(
        Error{ErrorCode::kUnavailable, std::string("the session with ZooKeeper is over: ") + cause});
  } else {
    listener_->on_disconnected();
  }
}

void Core::read(std::string path, bool even_absent, Session::Callback callback) {
  const std::uint64_t id = ++last_id_;
  auto reading = std::make_unique<Reading>(
      Reading{this, id, std::move(path), even_absent, std::move(callback), NodeContent{}});
  Reading& begun = *reading;
  readings_.emplace(id, std::move(reading));
  ask_for_data(begun);
}

Core::Reading* Core::find(std::uint64_t id) {
  const auto found = readings_.find(id);
  return found == readings_.end() ? nullptr : found->second.get();
}

// All nodes have the same watcher, so that the client keeps but one for each.
void Core::ask_for_data(Reading& reading) {
  int code = ZINVALIDSTATE;
  if (handle_ != nullptr) {
    code = zoo_awget(handle_, reading.path.c_str(), &Core::on_node, this, &Core::on_data, &reading);
  }
  if (code != ZOK) fail_later(reading, code);
}

void Core::on_data(int code, const char* value, int size, const Stat*, const void* reading) {
  const auto& of = *static_cast<const Reading*>(reading);
  std::string data;
  if (code == ZOK && value != nullptr && size > 0) data.assign(value, static_cast<std::size_t>(size));
  of.core->post([id = of.id, code, data = std::move(data)](Core& self) mutable {
    self.got_data(id, code, std::move(data));
  });
}

void Core::got_data(std::uint64_t id, int code, std::string data) {
  Reading* reading = find(id);
  if (reading == nullptr) return;
  const char* path = reading->path.c_str();
  int asked = ZINVALIDSTATE;
  if (code == ZNONODE && reading->even_absent) {
    if (handle_ != nullptr) {
      asked = zoo_awexists(handle_, path, &Core::on_node, this, &Core::on_existence, reading);
    }
  } else if (code == ZOK) {
    reading->content.data = std::move(data);
    if (handle_ != nullptr) {
      asked = zoo_awget_children(handle_, path, &Core::on_node, this, &Core::on_children, reading);
    }
  } else {
    if (code == ZNONODE) {
      finish(id, std::optional<NodeContent>());
    } else {
      finish(id, error_of(reading->path, code));
    }
    return;
  }
  if (asked != ZOK) fail_later(*reading, asked);
}

void Core::on_children(int code, const String_vector* names, const void* reading) {
  const auto& of = *static_cast<const Reading*>(reading);
  std::vector<std::string> texts;
  if (code == ZOK && names != nullptr) texts.assign(names->data, names->data + names->count);
  of.core->post([id = of.id, code, texts = std::move(texts)](Core& self) mutable {
    self.got_children(id, code, std::move(texts));
  });
}

void Core::got_children(std::uint64_t id, int code, std::vector<std::string> names) {
  Reading* reading = find(id);
  if (reading == nullptr) return;
  if (code == ZNONODE) {
    ask_for_data(*reading);  // it went meanwhile
  } else if (code != ZOK) {
    finish(id, error_of(reading->path, code));
  } else {
    reading->content.children = std::move(names);
    finish(id, std::optional<NodeContent>(std::move(reading->content)));
  }
}

void Core::on_existence(int code, const Stat*, const void* reading) {
  const auto& of = *static_cast<const Reading*>(reading);
  of.core->post([id = of.id, code](Core& self) { self.got_existence(id, code); });
}

void Core::got_existence(std::uint64_t id, int code) {
  Reading* reading = find(id);
  if (reading == nullptr) return;
  if (code == ZOK) {
    ask_for_data(*reading);  // it came meanwhile
  } else if (code == ZNONODE) {
    finish(id, std::optional<NodeContent>());
  } else {
    finish(id, error_of(reading->path, code));
  }
}

void Core::finish(std::uint64_t id, Content content) {
  const auto found = readings_.find(id);
  const Session::Callback callback = std::move(found->second->callback);
  readings_.erase(found);
  if (callback) callback(std::move(content));
}

void Core::fail_later(const Reading& reading, int code) {
  post([id = reading.id, error = error_of(reading.path, code)](Core& self) {
    if (self.find(id) != nullptr) self.finish(id, error);
  });
}

class ClientSession final : public Session {
 public:
  ClientSession(asio::any_io_executor strand, const TreeOptions& options, SessionListener& listener)
      : core_(std::make_shared<Core>(std::move(strand), options, listener)), thread_(&Core::live, core_) {}
  ~ClientSession() override {
    if (thread_.joinable()) thread_.detach();
  }
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  void read(std::string path, bool even_absent, Callback callback) override {
    core_->read(std::move(path), even_absent, std::move(callback));
  }

  asio::awaitable<void> close() override {
    const bool ended = co_await core_->close();
    if (ended) thread_.join();  // it has said that it is at its end
  }

 private:
  const std::shared_ptr<Core> core_;
  std::thread thread_;
};

// The client writes to stderr, of its own accord.
void silence_client() {
  static const bool silent = (zoo_set_debug_level(static_cast<ZooLogLevel>(0)), true);
  static_cast<void>(silent);
}

}  // namespace

std::unique_ptr<Session> open_session(asio::any_io_executor strand, const TreeOptions& options,
                                      SessionListener& listener) {
  silence_client();
  return std::make_unique<ClientSession>(std::move(strand), options, listener);
}

}  // namespace kubevitals::discovery::zookeeper
