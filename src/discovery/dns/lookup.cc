#include "discovery/dns/lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <sys/time.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "discovery/dns/socket_watches.h"
#include "net/pending.h"

namespace kubevitals::discovery::dns {
namespace {

using Records = Result<std::vector<Record>>;
using Answers = std::vector<Records>;

constexpr int kInternet = 1;  // class IN
constexpr int kTries = 2;     // at each server
constexpr int kUdpSize = 4096;

// Must be called before anything else of c-ares; never undone, since others may use the library.
int initialize_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

Error failure_of(const std::string& name, std::string_view cause, ErrorCode code) {
  return Error{code, "cannot look up " + name + ": " + std::string(cause)};
}

ErrorCode code_of(int status) {
  switch (status) {
    case ARES_ETIMEOUT:
      return ErrorCode::kTimeout;
    case ARES_EBADNAME:
    case ARES_EBADRESP:
      return ErrorCode::kInvalid;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
      return ErrorCode::kCancelled;
    default:
      return ErrorCode::kUnavailable;
  }
}

// One call of look_up(): a c-ares channel and all its queries. Lives on its strand.
class Lookups final : public std::enable_shared_from_this<Lookups> {
 public:
  Lookups(net::Strand strand, std::vector<Candidates> names, RecordType type)
      : strand_(std::move(strand)), timer_(strand_), watches_(strand_), type_(type) {
    for (Candidates& candidates : names) names_.push_back({this, std::move(candidates), 0, {}, {}});
    left_ = names_.size();
  }
  ~Lookups() { close(); }
  Lookups(const Lookups&) = delete;
  Lookups& operator=(const Lookups&) = delete;

  void start(const Servers& servers, net::PendingPtr<Answers> pending) {
    pending_ = std::move(pending);
    pending_->on_cancel = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->finish_all(Error{ErrorCode::kCancelled, "cancelled"});
    };
    if (Result<void> opened = open(servers); !opened) {
      finish_all(opened.error());
      return;
    }
    for (Name& name : names_) ask(name);
    if (left_ == 0) finish();
    rearm();
  }

 private:
  struct Name {
    Lookups* owner;  // c-ares hands back one pointer
    Candidates candidates;
    std::size_t next;  // the candidate that is asked for
    std::optional<Error> failure;
    std::optional<Records> result;
    bool asked_plainly = false;  // again, because the server does not know EDNS
  };

  Result<void> open(const Servers& servers);
  void close();
  void ask(Name& name);
  static void on_answer(void* name, int status, int timeouts, unsigned char* bytes, int size);
  void answered(Name& name, int status, std::string_view bytes);
  void take(Name& name, const Message& message);
  void try_next(Name& name);
  void done(Name& name, Records result);
  void finish();
  void finish_all(const Error& error);
  void rearm();
  void process(ares_socket_t readable, ares_socket_t writable);

  const net::Strand strand_;
  asio::steady_timer timer_;
  SocketWatches watches_;
  const RecordType type_;
  std::vector<Name> names_;
  std::size_t left_ = 0;
  ares_channel channel_ = nullptr;
  bool ending_ = false;
  net::PendingPtr<Answers> pending_;
};

Result<void> Lookups::open(const Servers& servers) {
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS | ARES_FLAG_STAYOPEN;
  options.timeout = static_cast<int>(servers.timeout.count());
  options.tries = kTries;
  options.ndots = 0;
  options.ednspsz = kUdpSize;
  options.domains = nullptr;
  options.ndomains = 0;
  char lookups[] = "b";  // DNS only
  options.lookups = lookups;
  char no_file[] = "/dev/null";  // the servers are ours to choose
  options.resolvconf_path = no_file;
  options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
    static_cast<Lookups*>(self)->watches_.watch(socket, readable != 0, writable != 0);
  };
  options.sock_state_cb_data = this;
  constexpr int kMask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                        ARES_OPT_EDNSPSZ | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF |
                        ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE;
  int status = initialize_library();
  if (status == ARES_SUCCESS) status = ares_init_options(&channel_, &options, kMask);
  if (status != ARES_SUCCESS) {
    channel_ = nullptr;
    return Error{ErrorCode::kInternal, std::string("cannot start c-ares: ") + ares_strerror(status)};
  }
  watches_.on_ready = [weak = weak_from_this()](int socket, bool readable) {
    const auto self = weak.lock();
    if (self) self->process(readable ? socket : ARES_SOCKET_BAD, readable ? ARES_SOCKET_BAD : socket);
  };

  std::vector<ares_addr_port_node> nodes;
  for (const std::string& text : servers.addresses) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(text, error);
    // c-ares 1.18 cannot be told the interface of a link-local address.
    if (error || (address.is_v6() && address.to_v6().scope_id() != 0)) continue;
    ares_addr_port_node node{};
    node.family = address.is_v4() ? AF_INET : AF_INET6;
    if (address.is_v4()) {
      const auto bytes = address.to_v4().to_bytes();
      std::memcpy(&node.addr, bytes.data(), bytes.size());
    } else {
      const auto bytes = address.to_v6().to_bytes();
      std::memcpy(&node.addr, bytes.data(), bytes.size());
    }
    node.udp_port = node.tcp_port = servers.port;
    nodes.push_back(node);
  }
  if (nodes.empty()) return Error{ErrorCode::kUnavailable, "cannot ask for names: there is no name server"};
  for (std::size_t i = 0; i + 1 < nodes.size(); ++i) nodes[i].next = &nodes[i + 1];
  status = ares_set_servers_ports(channel_, nodes.data());
  if (status == ARES_SUCCESS) return {};
  return Error{ErrorCode::kInternal, std::string("cannot set name servers: ") + ares_strerror(status)};
}

void Lookups::close() {
  ending_ = true;
  timer_.cancel();
  if (const ares_channel channel = std::exchange(channel_, nullptr)) ares_destroy(channel);
  watches_.clear();
}

void Lookups::ask(Name& name) {
  const char* text = name.candidates[name.next].c_str();
  ares_query(channel_, text, kInternet, static_cast<int>(type_), &Lookups::on_answer, &name);
}

void Lookups::on_answer(void* name, int status, int, unsigned char* bytes, int size) {
  auto& of = *static_cast<Name*>(name);
  // c-ares has codes of its own for what the message says; the message says it better.
  std::string_view message;
  if (bytes != nullptr && size > 0) {
    message = {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  }
  of.owner->answered(of, status, message);
}

// From within c-ares, which may be about to go.
void Lookups::answered(Name& name, int status, std::string_view bytes) {
  if (ending_) return;
  const std::string& asked = name.candidates[name.next];
  if (bytes.empty()) {
    name.failure = failure_of(asked, ares_strerror(status), code_of(status));
    try_next(name);
    return;
  }
  const Result<Message> message = parse_message(bytes);
  if (!message) {
    name.failure = failure_of(asked, "the server sent " + message.error().message, ErrorCode::kInvalid);
    try_next(name);
    return;
  }
  take(name, *message);
}

void Lookups::take(Name& name, const Message& message) {
  if (message.code == kNoError) {
    done(name, message.records);
  } else if (message.code == kNoSuchName) {
    try_next(name);
  } else if (message.code == kFormatError && !std::exchange(name.asked_plainly, true)) {
    // c-ares asks again without EDNS by itself, but of several queries at a time only one.
    asio::post(strand_, [self = shared_from_this(), &name] {
      if (self->ending_) return;
      self->ask(name);
      self->rearm();
    });
  } else {
    const std::string cause = "the server answered with code " + std::to_string(message.code);
    name.failure = failure_of(name.candidates[name.next], cause, ErrorCode::kUnavailable);
    try_next(name);
  }
}

void Lookups::try_next(Name& name) {
  ++name.next;
  if (name.next < name.candidates.size()) {
    // Not from here: a name that c-ares refuses is answered at once, and a search list may be long.
    asio::post(strand_, [self = shared_from_this(), &name] {
      if (self->ending_) return;
      self->ask(name);
      self->rearm();
    });
  } else if (name.failure) {
    done(name, *name.failure);
  } else {
    done(name, std::vector<Record>());
  }
}

void Lookups::done(Name& name, Records result) {
  if (!std::exchange(name.result, std::move(result))) --left_;
  if (left_ > 0) return;
  asio::post(strand_, [self = shared_from_this()] { self->finish(); });
}

void Lookups::finish() {
  if (!pending_) return;
  close();
  Answers answers;
  for (Name& name : names_) answers.push_back(std::move(*name.result));
  std::exchange(pending_, nullptr)->complete(std::move(answers));
}

void Lookups::finish_all(const Error& error) {
  if (!pending_) return;
  ending_ = true;
  for (Name& name : names_) name.result = error;
  finish();
}

void Lookups::rearm() {
  if (channel_ == nullptr) return;
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void Lookups::process(ares_socket_t readable, ares_socket_t writable) {
  if (channel_ == nullptr) return;
  ares_process_fd(channel_, readable, writable);
  rearm();
}

}  // namespace

asio::awaitable<std::vector<Result<std::vector<Record>>>> look_up(asio::any_io_executor io, Servers servers,
                                                                  std::vector<Candidates> names,
                                                                  RecordType type) {
  const net::Strand strand(asio::make_strand(io));
  const auto lookups = std::make_shared<Lookups>(strand, std::move(names), type);
  // Kept by this coroutine until there is an answer.
  auto start = [lookups, servers = std::move(servers)](net::PendingPtr<Answers> pending) {
    lookups->start(servers, std::move(pending));
  };
  co_return co_await net::ask<Answers>(strand, std::move(start));
}

}  // namespace kubevitals::discovery::dns
