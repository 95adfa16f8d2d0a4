// The client's sessions against a real ZooKeeper, where Debian's is installed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
// Without this the header has no functions that wait for an answer.
#define THREADED
#include <zookeeper/zookeeper.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "discovery/mechanism_fixture.h"
#include "discovery/zookeeper/discoverer.h"

extern char** environ;

namespace kubevitals::discovery::zookeeper {
namespace {

using namespace std::chrono_literals;

constexpr const char* kJar = "/usr/share/java/zookeeper.jar";

class LatestSink final : public GroupSink {
 public:
  void update(std::vector<TargetGroupPtr> groups) override {
    for (const TargetGroupPtr& group : groups) {
      known.erase(group->source);
      if (!group->targets.empty()) known[group->source] = show_labels(group->targets[0]).substr(0, 16);
    }
    ++updates;
  }
  void failed(Error error) override { failure = error.message; }
  void recovered() override { failure.clear(); }

  std::map<std::string, std::string> known;  // by source: the beginning of the labels
  int updates = 0;
  std::string failure;
};

class ZooKeeperServerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/usr/bin/java", X_OK) != 0) GTEST_SKIP() << "there is no Java here";
    if (::access(kJar, R_OK) != 0) GTEST_SKIP() << "Debian's package zookeeper is not installed";
    zoo_set_debug_level(static_cast<ZooLogLevel>(0));
    std::string name = (std::filesystem::temp_directory_path() / "kubevitals-zookeeper-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    asio::ip::tcp::acceptor free(io_, {asio::ip::address_v4::loopback(), 0});
    port_ = free.local_endpoint().port();
    free.close();
    std::ofstream(directory_ / "zoo.cfg")
        << "dataDir=" << (directory_ / "data").string() << "\nclientPort=" << port_
        << "\nclientPortAddress=127.0.0.1\ntickTime=200\n"
           "admin.enableServer=false\n";
    start_server();
  }

  void TearDown() override {
    stop();
    if (writer_ != nullptr) zookeeper_close(writer_);
    kill_server();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  void start_server() {
    const std::string config = (directory_ / "zoo.cfg").string();
    const std::string log = (directory_ / "log").string();
    std::vector<std::string> words = {"java", "-Xmx64m", "-XX:TieredStopAtLevel=1",
                                      "-cp",  kJar,      "org.apache.zookeeper.server.ZooKeeperServerMain",
                                      config};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    ASSERT_EQ(::posix_spawn(&server_, "/usr/bin/java", &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }

  void kill_server() {
    if (server_ <= 0) return;
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    server_ = 0;
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // For changes of the tree; waits for the server.
  zhandle_t* writer() {
    if (writer_ == nullptr) {
      writer_ = zookeeper_init(address().c_str(), nullptr, 10'000, nullptr, nullptr, 0);
    }
    for (int i = 0; i < 600 && zoo_state(writer_) != ZOO_CONNECTED_STATE; ++i)
      std::this_thread::sleep_for(50ms);
    EXPECT_EQ(zoo_state(writer_), ZOO_CONNECTED_STATE) << "the server does not start";
    return writer_;
  }
  void create(const std::string& path, const std::string& data) {
    EXPECT_EQ(zoo_create(writer(), path.c_str(), data.data(), static_cast<int>(data.size()),
                         &ZOO_OPEN_ACL_UNSAFE, 0, nullptr, 0),
              ZOK)
        << path;
  }
  void set(const std::string& path, const std::string& data) {
    EXPECT_EQ(zoo_set(writer(), path.c_str(), data.data(), static_cast<int>(data.size()), -1), ZOK);
  }
  void remove(const std::string& path) { EXPECT_EQ(zoo_delete(writer(), path.c_str(), -1), ZOK); }

  void start(std::string server = {}) {
    NerveOptions options;
    options.tree.servers = {server.empty() ? address() : std::move(server)};
    options.tree.paths = {"/services"};
    options.tree.timeout = 2s;
    auto made = make_discoverer(options, context_on(io_.get_executor(), clock_, metrics_));
    ASSERT_TRUE(made);
    running_ = std::make_unique<RunningDiscoverer>(strand_, *std::move(made), sink_);
  }

  void stop() {
    if (!running_ || running_->ended()) return;
    running_->cancel();
    run_until([&] { return running_->ended(); });
  }

  void run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + 40s;
    while (!condition() && std::chrono::steady_clock::now() < limit) {
      io_.restart();
      io_.run_one_for(10ms);
    }
    EXPECT_TRUE(condition()) << "the test hangs; shown: " << sink_.failure;
  }
  void expect_known(const std::map<std::string, std::string>& wanted) {
    run_until([&] { return sink_.known == wanted; });
    EXPECT_EQ(sink_.known, wanted);
  }

  asio::io_context io_;
  const asio::any_io_executor strand_{asio::make_strand(io_)};
  VirtualClock clock_;  // of the discoverer; the client has its own
  exposition::MetricRegistry metrics_{metric_families()};
  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  pid_t server_ = 0;
  zhandle_t* writer_ = nullptr;
  LatestSink sink_;
  std::unique_ptr<RunningDiscoverer> running_;
};

TEST_F(ZooKeeperServerTest, FollowsTheTreeAndOutlivesTheServer) {
  create("/services", "");
  create("/services/web", R"({"host":"w","port":1})");
  create("/services/db", "no JSON");
  create("/services/db/1", R"({"host":"d","port":2})");
  start();
  expect_known({{"/services/web", "__address__=w:1 "}, {"/services/db/1", "__address__=d:2 "}});
  EXPECT_EQ(sink_.updates, 1);
  set("/services/web", R"({"host":"w","port":3})");
  create("/services/db/2", R"({"host":"e","port":4})");
  remove("/services/db/1");
  expect_known({{"/services/web", "__address__=w:3 "}, {"/services/db/2", "__address__=e:4 "}});

  kill_server();
  run_until([&] { return !sink_.failure.empty(); });
  EXPECT_EQ(sink_.known.size(), 2u);
  start_server();
  run_until([&] { return sink_.failure.empty(); });
  create("/services/db/3", R"({"host":"f","port":5})");
  remove("/services/web");
  expect_known({{"/services/db/2", "__address__=e:4 "}, {"/services/db/3", "__address__=f:5 "}});
}

TEST_F(ZooKeeperServerTest, BeginsANewSessionWhenItsOwnIsUnknown) {
  create("/services", "");
  create("/services/web", R"({"host":"w","port":1})");
  start();
  expect_known({{"/services/web", "__address__=w:1 "}});
  zookeeper_close(writer_);
  writer_ = nullptr;
  kill_server();
  run_until([&] { return !sink_.failure.empty(); });
  std::filesystem::remove_all(directory_ / "data");
  start_server();
  writer();
  // It refuses the session, which has seen changes that it never made.
  for (int i = 0; i < 5; ++i) clock_.run_for(io_, 10s);
  expect_known({});
  create("/services", R"({"host":"s","port":6})");
  expect_known({{"/services", "__address__=s:6 "}});
}

TEST_F(ZooKeeperServerTest, EndsSoonWhenThereIsNoServer) {
  kill_server();
  start();
  io_.run_for(100ms);
  const auto begun = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(ZooKeeperServerTest, SaysThatAServerIsNoAddress) {
  start("127.0.0.1:x");
  run_until([&] { return !sink_.failure.empty(); });
  EXPECT_EQ(sink_.failure.find("cannot find ZooKeeper at 127.0.0.1:x: "), 0u) << sink_.failure;
}

}  // namespace
}  // namespace kubevitals::discovery::zookeeper
