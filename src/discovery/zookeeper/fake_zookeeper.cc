#include "discovery/zookeeper/fake_zookeeper.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace kubevitals::discovery::zookeeper {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_below(const std::string& path, const std::string& parent) {
  return parent == "/" ? path.size() > 1 : path.starts_with(parent + "/");
}

}  // namespace

struct FakeZooKeeper::State : std::enable_shared_from_this<State> {
  explicit State(asio::any_io_executor strand) : executor(std::move(strand)) {}

  const asio::any_io_executor executor;
  std::map<std::string, std::string> nodes{{"/", ""}};
  std::set<std::string> refused;
  std::set<FakeSession*> sessions;
  bool connected = true;
  bool unknown = false;
  int opened = 0;
  int readings = 0;
};

class FakeZooKeeper::FakeSession final : public Session {
 public:
  FakeSession(std::shared_ptr<State> state, SessionListener& listener)
      : state_(std::move(state)), listener_(&listener) {
    state_->sessions.insert(this);
    ++state_->opened;
    if (state_->unknown) {
      over("nobody knows that name");
    } else if (state_->connected) {
      connected();
    }
  }
  ~FakeSession() override { state_->sessions.erase(this); }

  void read(std::string path, bool even_absent, Callback callback) override {
    ++state_->readings;
    later([this, path = std::move(path), even_absent, callback = std::move(callback)] {
      // The server's answer, and the way back.
      Result<std::optional<NodeContent>> content = answer(path, even_absent);
      later([callback, content] { callback(content); });
    });
  }

  asio::awaitable<void> close() override {
    listener_ = nullptr;
    co_return;
  }

  void connected() {
    later([this] {
      if (state_->connected) listener_->on_connected();
    });
  }
  void disconnected() {
    watched_data_.clear();
    watched_children_.clear();
    watched_absence_.clear();
    later([this] { listener_->on_disconnected(); });
  }
  void over(std::string cause) {
    later([this, cause = std::move(cause)] { listener_->on_over({ErrorCode::kUnavailable, cause}); });
  }

  void on_data(const std::string& path) { tell(path, watched_data_); }
  void on_children(const std::string& path) { tell(path, watched_children_); }
  void on_absence(const std::string& path) { tell(path, watched_absence_); }

 private:
  void later(std::function<void()> function) {
    asio::post(state_->executor, [state = state_, self = this, function = std::move(function)] {
      if (state->sessions.contains(self) && self->listener_ != nullptr) function();
    });
  }

  void tell(const std::string& path, std::set<std::string>& watched) {
    if (watched.erase(path) > 0) later([this, path] { listener_->on_changed(path); });
  }

  Result<std::optional<NodeContent>> answer(const std::string& path, bool even_absent) {
    if (!state_->connected || state_->refused.contains(path)) {
      return Error{ErrorCode::kUnavailable, "cannot read " + path + ": refused"};
    }
    const auto found = state_->nodes.find(path);
    if (found == state_->nodes.end()) {
      if (even_absent) watched_absence_.insert(path);
      return std::optional<NodeContent>();
    }
    watched_data_.insert(path);
    watched_children_.insert(path);
    NodeContent content{found->second, {}};
    for (const auto& [other, data] : state_->nodes) {
      if (other != "/" && parent_of(other) == path)
        content.children.push_back(other.substr(other.rfind('/') + 1));
    }
    return std::optional<NodeContent>(std::move(content));
  }

  const std::shared_ptr<State> state_;
  SessionListener* listener_;
  std::set<std::string> watched_data_;
  std::set<std::string> watched_children_;
  std::set<std::string> watched_absence_;
};

FakeZooKeeper::FakeZooKeeper(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

FakeZooKeeper::~FakeZooKeeper() = default;

OpenSession FakeZooKeeper::opener() {
  return [state = state_](asio::any_io_executor, const TreeOptions&,
                          SessionListener& listener) -> std::unique_ptr<Session> {
    return std::make_unique<FakeSession>(state, listener);
  };
}

void FakeZooKeeper::set(const std::string& path, const std::string& data) {
  if (state_->nodes.contains(path)) {
    state_->nodes[path] = data;
    for (FakeSession* session : state_->sessions) session->on_data(path);
    return;
  }
  const std::string parent = parent_of(path);
  if (!state_->nodes.contains(parent)) set(parent, "");
  state_->nodes[path] = data;
  for (FakeSession* session : state_->sessions) {
    session->on_absence(path);
    session->on_children(parent);
  }
}

void FakeZooKeeper::remove(const std::string& path) {
  std::vector<std::string> gone;
  for (const auto& [other, data] : state_->nodes) {
    if (other == path || is_below(other, path)) gone.push_back(other);
  }
  std::reverse(gone.begin(), gone.end());
  for (const std::string& other : gone) {
    state_->nodes.erase(other);
    for (FakeSession* session : state_->sessions) {
      session->on_data(other);
      session->on_children(other);
      session->on_children(parent_of(other));
    }
  }
}

const std::map<std::string, std::string>& FakeZooKeeper::nodes() const {
  return state_->nodes;
}

void FakeZooKeeper::disconnect() {
  state_->connected = false;
  for (FakeSession* session : state_->sessions) session->disconnected();
}

void FakeZooKeeper::connect() {
  state_->connected = true;
  for (FakeSession* session : state_->sessions) session->connected();
}

void FakeZooKeeper::expire() {
  for (FakeSession* session : state_->sessions) session->over("it has expired");
}

void FakeZooKeeper::refuse(const std::string& path, bool refused) {
  if (refused) {
    state_->refused.insert(path);
  } else {
    state_->refused.erase(path);
  }
}

void FakeZooKeeper::refuse_nothing() {
  state_->refused.clear();
}

void FakeZooKeeper::be_unknown(bool unknown) {
  state_->unknown = unknown;
}

int FakeZooKeeper::sessions_opened() const {
  return state_->opened;
}

int FakeZooKeeper::sessions_open() const {
  return static_cast<int>(state_->sessions.size());
}

int FakeZooKeeper::take_readings() {
  return std::exchange(state_->readings, 0);
}

}  // namespace kubevitals::discovery::zookeeper
