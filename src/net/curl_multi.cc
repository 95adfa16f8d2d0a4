#include "net/curl_multi.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

namespace kubevitals::net {

using boost::system::error_code;

struct CurlMulti::Watch {
  explicit Watch(const Strand& strand) : descriptor(strand) {}
  ~Watch() { let_go(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // With a number of our own: libcurl 7.88 closes a socket that is still connecting before it says so, and
  // its number may be another thread's by then, whose events would no longer be waited for.
  void assign(curl_socket_t socket, error_code& error) {
    const int own = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (own < 0) {
      error.assign(errno, boost::system::system_category());
      return;
    }
    descriptor.assign(own, error);
    if (error) ::close(own);
  }

  // Closing the descriptor would not end its registration while libcurl has the same socket open.
  void let_go() {
    if (descriptor.is_open()) ::close(descriptor.release());
  }

  asio::posix::stream_descriptor descriptor;
  int wanted = CURL_POLL_NONE;
  bool waits_to_read = false;
  bool waits_to_write = false;
};

CurlMulti::CurlMulti(Strand strand, Sharing sharing, std::uint32_t kept)
    : strand_(std::move(strand)), timer_(strand_), multi_(curl_multi_init()) {
  if (multi_ == nullptr) {
    broken_ = true;
    return;
  }
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::socket_callback);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::timer_callback);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING,
                    sharing == Sharing::kShared ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
  if (kept > 0) curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(kept));
}

CurlMulti::~CurlMulti() {
  // Closing the connections says goodbye on them, which must not wait for anything here.
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
  for (const auto& [socket, watch] : watches_) watch->let_go();
  for (const auto& [easy, task] : tasks_) curl_multi_remove_handle(multi_, easy);
  tasks_.clear();
  curl_multi_cleanup(multi_);
}

bool CurlMulti::add(const std::shared_ptr<CurlTask>& task) {
  if (broken_) return false;
  tasks_.emplace(task->handle(), task);
  if (curl_multi_add_handle(multi_, task->handle()) == CURLM_OK) return true;
  tasks_.erase(task->handle());
  return false;
}

void CurlMulti::remove(CurlTask& task) {
  if (tasks_.erase(task.handle()) > 0) curl_multi_remove_handle(multi_, task.handle());
}

void CurlMulti::unpause(CurlTask& task) {
  if (!tasks_.contains(task.handle())) return;
  const auto self = shared_from_this();
  curl_easy_pause(task.handle(), CURLPAUSE_CONT);
  collect();
}

void CurlMulti::abort_all(CURLcode code) {
  const auto self = shared_from_this();
  const auto tasks = std::exchange(tasks_, {});
  for (const auto& [easy, task] : tasks) curl_multi_remove_handle(multi_, easy);
  for (const auto& [easy, task] : tasks) task->on_done(code);
}

int CurlMulti::socket_callback(CURL*, curl_socket_t socket, int what, void* self, void*) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.unwatch(socket);
    return 0;
  }
  return multi.watch(socket, what) ? 0 : -1;
}

bool CurlMulti::watch(curl_socket_t socket, int wanted) {
  WatchPtr& watch = watches_[socket];
  if (!watch) {
    auto fresh = std::make_shared<Watch>(strand_);
    error_code error;
    fresh->assign(socket, error);
    if (error) {
      spdlog::error("cannot watch a socket: {}", error.message());
      watches_.erase(socket);
      return false;
    }
    watch = std::move(fresh);
  }
  watch->wanted = wanted;
  wait(socket, watch);
  return true;
}

void CurlMulti::unwatch(curl_socket_t socket) {
  const auto found = watches_.find(socket);
  if (found == watches_.end()) return;
  found->second->wanted = CURL_POLL_NONE;
  found->second->let_go();
  watches_.erase(found);
}

void CurlMulti::wait(curl_socket_t socket, const WatchPtr& watch) {
  if ((watch->wanted & CURL_POLL_IN) != 0 && !watch->waits_to_read) {
    watch->waits_to_read = true;
    watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                 [weak = weak_from_this(), socket, watch](const error_code& error) {
                                   watch->waits_to_read = false;
                                   if (error == asio::error::operation_aborted) return;
                                   if (const auto self = weak.lock())
                                     self->on_ready(socket, watch, bool(error), CURL_CSELECT_IN);
                                 });
  }
  if ((watch->wanted & CURL_POLL_OUT) != 0 && !watch->waits_to_write) {
    watch->waits_to_write = true;
    watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                 [weak = weak_from_this(), socket, watch](const error_code& error) {
                                   watch->waits_to_write = false;
                                   if (error == asio::error::operation_aborted) return;
                                   if (const auto self = weak.lock())
                                     self->on_ready(socket, watch, bool(error), CURL_CSELECT_OUT);
                                 });
  }
}

void CurlMulti::on_ready(curl_socket_t socket, const WatchPtr& watch, bool failed, int event) {
  // CURL_POLL_x and CURL_CSELECT_x have the same values for reading and writing. What libcurl no longer wants
  // is not reported; and the number may mean another connection by now, so that what counts is the watch.
  const auto current = [&] {
    const auto found = watches_.find(socket);
    return found != watches_.end() && found->second == watch;
  };
  if (!current() || (watch->wanted & event) == 0) return;
  act(socket, failed ? CURL_CSELECT_ERR : event);
  if (current()) wait(socket, watch);
}

int CurlMulti::timer_callback(CURLM*, long milliseconds, void* self) {
  static_cast<CurlMulti*>(self)->arm(milliseconds);
  return 0;
}

void CurlMulti::arm(long milliseconds) {
  if (milliseconds < 0) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::milliseconds(milliseconds));
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlMulti::act(curl_socket_t socket, int events) {
  const auto self = shared_from_this();
  int running = 0;
  const CURLMcode code = curl_multi_socket_action(multi_, socket, events, &running);
  if (code == CURLM_OK) {
    collect();
    return;
  }
  spdlog::error("the HTTP client starts afresh: {}", curl_multi_strerror(code));
  broken_ = true;
  abort_all(CURLE_FAILED_INIT);
}

void CurlMulti::collect() {
  int left = 0;
  std::vector<std::pair<std::shared_ptr<CurlTask>, CURLcode>> over;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto found = tasks_.find(easy);
    if (found == tasks_.end()) continue;
    over.emplace_back(std::move(found->second), code);
    tasks_.erase(found);
    curl_multi_remove_handle(multi_, easy);  // the message is gone with it
  }
  for (const auto& [task, code] : over) task->on_done(code);
}

}  // namespace kubevitals::net
