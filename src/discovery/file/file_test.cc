#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "discovery/file/directory_watches.h"
#include "discovery/file/options.h"
#include "discovery/file/scan.h"
#include "discovery/mechanism_fixture.h"

namespace kubevitals::discovery::file {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A directory that is there as long as the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = (fs::temp_directory_path() / "kubevitals-file-XXXXXX").string();
    path_ = ::mkdtemp(path.data()) == nullptr ? std::string() : path;
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::trunc) << text;
  }
  void remove(const std::string& name) const { fs::remove_all(*this / name); }

 private:
  std::string path_;
};

TEST(FileOptions, HaveDefaultsAndAreChecked) {
  Options options;
  EXPECT_EQ(complaints_about("files: [a.json, /b/*.yml, '../c-*.YAML']", options), "");
  EXPECT_THAT(options.files, ElementsAre("/etc/a.json", "/b/*.yml", "/c-*.YAML"));
  EXPECT_EQ(options.refresh_interval, 5min);
  EXPECT_EQ(complaints_about("{files: [a.json], refresh_interval: 1m30s}", options), "");
  EXPECT_EQ(options.refresh_interval, 90s);
  EXPECT_EQ(complaints_about<Options>("refresh_interval: 1m"), "f:1: files: at least one path must be given");
  EXPECT_EQ(complaints_about<Options>("files: []"), "f:1: files: at least one path must be given");
  EXPECT_THAT(complaints_about<Options>("files: [a.txt]"),
              HasSubstr("\"a.txt\" must end in .json, .yml or .yaml"));
  EXPECT_THAT(complaints_about<Options>("{files: [a.json], refresh_interval: 0s}"),
              HasSubstr("must be greater than zero"));
  EXPECT_THAT(complaints_about<Options>("{files: [a.json], file: x}"), HasSubstr("unknown key"));
}

TEST(FileOptions, PatternsHaveAStarInTheLastElementOnly) {
  for (const char* good :
       {"a.json", "a.YML", "/x/*.yaml", "x/a*b*.json", ".json", "*.json", "a b.yml", "x.d/y.JSON"}) {
    EXPECT_TRUE(is_file_pattern(good)) << good;
  }
  for (const char* bad :
       {"", "a", "a.Json", "a.yAML", "*/a.json", "a.json*", "x*/y*.yml", "a.jsonx", "json"}) {
    EXPECT_FALSE(is_file_pattern(bad)) << bad;
  }
}

TEST(FileScan, ExpandsPatterns) {
  const TemporaryDirectory directory;
  for (const char* name : {"b.json", "a.json", ".hidden.json", "c.yml", "a1.json"}) directory.write(name, "");
  fs::create_directory(directory / "sub");
  directory.write("sub/d.json", "");
  EXPECT_THAT(expand_pattern(directory / "*.json"),
              ElementsAre(directory / ".hidden.json", directory / "a.json", directory / "a1.json",
                          directory / "b.json"));
  EXPECT_THAT(expand_pattern(directory / "a?.json"), ElementsAre(directory / "a1.json"));
  EXPECT_THAT(expand_pattern(directory / "[ac].*"), ElementsAre(directory / "a.json", directory / "c.yml"));
  EXPECT_THAT(expand_pattern(directory / "s?b/*.json"), ElementsAre(directory / "sub/d.json"));
  EXPECT_THAT(expand_pattern(directory / "c.yml"), ElementsAre(directory / "c.yml"));
  EXPECT_THAT(expand_pattern(directory / "none.yml"), IsEmpty());
  EXPECT_THAT(expand_pattern(directory / "none/*.yml"), IsEmpty());
  EXPECT_THAT(directories_of(directory / "s*b/x.yml"), ElementsAre(directory / "sub"));
  EXPECT_THAT(directories_of("x.yml"), ElementsAre("."));
  EXPECT_THAT(directories_of("/x.yml"), ElementsAre("/"));
}

TEST(FileScan, ReadsOnlyRegularFiles) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "directory.json");
  ASSERT_EQ(::mkfifo((directory / "pipe.json").c_str(), 0600), 0);
  fs::create_symlink("nowhere", directory / "dangling.json");
  for (const char* name : {"directory.json", "pipe.json", "dangling.json"}) {
    const ScannedFile file = scan_file(directory / name);
    ASSERT_FALSE(file.groups) << name;
    EXPECT_THAT(file.groups.error().message,
                HasSubstr("cannot read target groups: " + (directory / name) + ": "));
  }
}

class FileTest : public MechanismTest {
 protected:
  FileTest() : MechanismTest(metric_families()) {}
  void TearDown() override {
    stop();
    running_.reset();
  }

  void start(std::vector<std::string> files) {
    DiscovererContext with = context();
    with.directories = &directories_;
    auto made = make_discoverer(Options{std::move(files), 300s}, with);
    ASSERT_TRUE(made);
    MechanismTest::start(*std::move(made));
  }
  // What comes of what has been done to the files.
  std::vector<std::string> changes() { return notes_after(1s); }
  std::string path(const std::string& name) const { return directory_ / name; }
  // "[source: __meta_filepath=… | __address__=…]".
  std::string group(const std::string& name, int index, const std::string& address) const {
    return "[" + path(name) + ":" + std::to_string(index) + ": __meta_filepath=" + path(name) +
           " | __address__=" + address + "]";
  }
  std::string gone(const std::string& name, int index) const {
    return "[" + path(name) + ":" + std::to_string(index) + ":]";
  }

  std::uint64_t scans() { return metrics_.histogram("prometheus_sd_file_scan_duration_seconds")->count(); }

  TemporaryDirectory directory_;
  DirectoryWatches directories_{io_.get_executor()};
};

TEST_F(FileTest, ChangesAreSeenAtOnce) {
  directory_.write("a.json", R"([{"targets": ["a:1"]}, {"targets": ["a:2"]}])");
  start({path("*.json"), path("b.yml")});
  EXPECT_THAT(changes(),
              ElementsAre("update " + group("a.json", 0, "a:1") + " " + group("a.json", 1, "a:2")));
  EXPECT_THAT(changes(), IsEmpty());
  directory_.write("b.yml", "- targets: [b:1]\n");
  EXPECT_THAT(changes(), ElementsAre("update " + group("b.yml", 0, "b:1")));
  directory_.write("a.json", R"([{"targets": ["a:3"]}])");
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.json", 0, "a:3") + " " + gone("a.json", 1)));
  directory_.write("new", R"([{"targets": ["a:4"]}])");
  EXPECT_THAT(changes(), IsEmpty());
  fs::rename(path("new"), path("a.json"));
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.json", 0, "a:4")));
  directory_.remove("a.json");
  EXPECT_THAT(changes(), ElementsAre("update " + gone("a.json", 0)));
  fs::rename(path("b.yml"), path("b.yml.old"));
  EXPECT_THAT(changes(), ElementsAre("update " + gone("b.yml", 0)));
}

TEST_F(FileTest, TheFilesPathWinsOverALabelOfThatName) {
  directory_.write("a.yml", "- targets: [a]\n  labels: {__meta_filepath: x, env: y}\n");
  start({path("a.yml")});
  EXPECT_THAT(changes(), ElementsAre("update [" + path("a.yml") + ":0: __meta_filepath=" + path("a.yml") +
                                     " env=y | __address__=a]"));
}

TEST_F(FileTest, NothingIsAnAnswerToo) {
  start({path("*.json"), path("none/x.yml")});
  EXPECT_THAT(changes(), ElementsAre("update"));
}

TEST_F(FileTest, ABadFileKeepsItsGroupsAndOthersGoOn) {
  directory_.write("a.json", R"([{"targets": ["a:1"]}])");
  directory_.write("b.json", R"([{"targets": ["b:1"]}])");
  start({path("*.json")});
  changes();
  directory_.write("a.json", R"([{"targets": ["a:2"]}, {"tar)");
  directory_.write("b.json", R"([{"targets": ["b:2"]}])");
  EXPECT_THAT(changes(),
              ElementsAre("update " + group("b.json", 0, "b:2"),
                          HasSubstr("failed cannot read target groups: " + path("a.json") + ": no JSON")));
  EXPECT_EQ(counter("prometheus_sd_file_read_errors_total"), 1);
  directory_.write("b.json", R"([{"x": 1}])");
  EXPECT_THAT(changes(), ElementsAre(HasSubstr("(and 1 more)")));
  directory_.write("b.json", R"([{"targets": ["b:2"]}])");
  changes();
  directory_.write("a.json", R"([{"targets": ["a:2"]}, {"targets": ["a:3"]}])");
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.json", 0, "a:2") + " " + group("a.json", 1, "a:3"),
                                     "recovered"));
  directory_.write("a.json", "[");
  changes();
  directory_.remove("a.json");
  EXPECT_THAT(changes(), ElementsAre("update " + gone("a.json", 0) + " " + gone("a.json", 1), "recovered"));
}

TEST_F(FileTest, ABurstOfChangesIsReadOnce) {
  start({path("*.json")});
  changes();
  const auto before = scans();
  for (int i = 0; i < 20; ++i) {
    directory_.write("a.json", R"([{"targets": ["a:)" + std::to_string(i) + R"("]}])");
    notes_after(0s);
  }
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.json", 0, "a:19")));
  EXPECT_EQ(scans(), before + 1);
}

TEST_F(FileTest, AttributesAreNoChange) {
  directory_.write("a.json", "[]");
  start({path("*.json")});
  changes();
  const auto before = scans();
  fs::permissions(path("a.json"), fs::perms::owner_read);
  changes();
  EXPECT_EQ(scans(), before);
}

TEST_F(FileTest, FilesThatDoNotMatterAreNotRead) {
  directory_.write("a.json", "[]");
  start({path("*.json"), path("b.yml")});
  changes();
  const auto before = scans();
  directory_.write("a.json.tmp", "[");
  directory_.write("b.yaml", "[");
  fs::create_directory(path("..2"));
  changes();
  EXPECT_EQ(scans(), before);
  fs::rename(path("b.yaml"), path("b.yml"));
  changes();
  EXPECT_EQ(scans(), before + 1);
}

TEST_F(FileTest, DirectoriesMayComeAndGo) {
  start({path("sub/*.yml")});
  changes();
  fs::create_directory(path("sub"));
  directory_.write("sub/a.yml", "- targets: [a:1]\n");
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_THAT(notes_after(300s), ElementsAre("update " + group("sub/a.yml", 0, "a:1")));
  directory_.write("sub/a.yml", "- targets: [a:2]\n");
  EXPECT_THAT(changes(), ElementsAre("update " + group("sub/a.yml", 0, "a:2")))
      << "from now on it is watched";
  fs::rename(path("sub"), path("moved"));
  EXPECT_THAT(changes(), ElementsAre("update " + gone("sub/a.yml", 0)));
  directory_.write("moved/a.yml", "- targets: [a:3]\n");
  EXPECT_THAT(changes(), IsEmpty());
  fs::rename(path("moved"), path("sub"));
  EXPECT_THAT(notes_after(300s), ElementsAre("update " + group("sub/a.yml", 0, "a:3")));
  EXPECT_EQ(counter("prometheus_sd_file_watcher_errors_total"), 0);
}

TEST_F(FileTest, WhatASymbolicLinkPointsToIsReadWhenTheLinkChanges) {
  fs::create_directory(path("v1"));
  fs::create_directory(path("v2"));
  directory_.write("v1/a.yml", "- targets: [a:1]\n");
  directory_.write("v2/a.yml", "- targets: [a:2]\n");
  fs::create_symlink("v1", path("..data"));
  fs::create_symlink("..data/a.yml", path("a.yml"));
  start({path("*.yml")});
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.yml", 0, "a:1")));
  fs::create_symlink("v2", path("..tmp"));
  fs::rename(path("..tmp"), path("..data"));
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.yml", 0, "a:2")));
  fs::create_symlink("v1", path("..tmp"));
  fs::rename(path("..tmp"), path("..data"));
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.yml", 0, "a:1")));
}

TEST_F(FileTest, LinksMayPointToLinks) {
  directory_.write("one", "- targets: [a:1]\n");
  fs::create_symlink("link", path("a.yml"));
  start({path("*.yml")});
  EXPECT_THAT(changes(), ElementsAre("update", HasSubstr("failed ")));
  fs::create_symlink("./one", path("link"));
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.yml", 0, "a:1"), "recovered"));
  fs::remove(path("link"));
  fs::create_symlink("one", path("link"));
  EXPECT_THAT(changes(), IsEmpty());
  directory_.write("one", "- targets: [a:2]\n");
  EXPECT_THAT(changes(), ElementsAre("update " + group("a.yml", 0, "a:2")));
}

TEST_F(FileTest, TimesOfFilesAreMetricsWhileTheFilesAreThere) {
  EXPECT_THAT(metrics(), HasSubstr("prometheus_sd_file_read_errors_total 0\n"));
  EXPECT_THAT(metrics(), HasSubstr("prometheus_sd_file_watcher_errors_total 0\n"));
  EXPECT_THAT(metrics(), HasSubstr("prometheus_sd_file_scan_duration_seconds_count 0\n"));
  directory_.write("a.yml", "");
  const timespec times[2] = {{1'500'000'000, 0}, {1'500'000'000, 500}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path("a.yml").c_str(), times, 0), 0);
  start({path("*.yml")});
  changes();
  EXPECT_EQ(metrics_.metric("prometheus_sd_file_mtime_seconds", {path("a.yml")})->value(), 1'500'000'000);
  directory_.remove("a.yml");
  changes();
  EXPECT_THAT(metrics(), Not(HasSubstr("a.yml")));
}

class CountingWaker final : public Waker {
 public:
  void wake() override { ++count; }
  int count = 0;
};

TEST(DirectoryWatches, WakeOnlyWhomAnEventConcerns) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "sub");
  asio::io_context io;
  DirectoryWatches watches(io.get_executor());
  CountingWaker wakers[3];
  std::vector<std::unique_ptr<DirectoryWatches::Watch>> made;
  for (CountingWaker& waker : wakers) {
    auto watch = watches.watch(waker);
    ASSERT_TRUE(watch);
    made.push_back(*std::move(watch));
  }
  const auto woken = [&] {
    io.restart();
    io.poll();
    std::string text;
    for (CountingWaker& waker : wakers) text += std::exchange(waker.count, 0) > 0 ? '+' : '-';
    return text;
  };
  EXPECT_THAT(made[0]->set_directories({directory / "sub"}), IsEmpty());
  EXPECT_THAT(made[1]->set_directories({directory / "sub", directory / "none"}), IsEmpty());
  EXPECT_THAT(made[2]->set_directories({directory / ""}), IsEmpty());
  made[0]->set_names({{"*.yml"}, {}});
  made[1]->set_names({{"x.json"}, {"..data"}});
  made[2]->set_names({{"*.yml"}, {}});
  directory.write("sub/a.yml", "");
  EXPECT_EQ(woken(), "+--");
  directory.write("sub/..data", "");
  EXPECT_EQ(woken(), "-+-");
  directory.write("a.yml", "");
  EXPECT_EQ(woken(), "--+");
  directory.write("sub/a.txt", "");
  EXPECT_EQ(woken(), "---");
  made[0].reset();
  directory.write("sub/a.yml", "");
  EXPECT_EQ(woken(), "---");
  fs::rename(directory / "sub", directory / "moved");
  EXPECT_EQ(woken(), "-+-");
  fs::create_directory(directory / "sub");
  EXPECT_THAT(made[1]->set_directories({directory / "sub"}), IsEmpty());
  directory.write("moved/x.json", "");
  EXPECT_EQ(woken(), "---");
  directory.write("sub/x.json", "");
  EXPECT_EQ(woken(), "-+-");
}

// Under the sanitizers this shows whether events, the interval and a stop may come together.
TEST(FileRace, StopsAtAnyMomentOnAStrandOfSeveralThreads) {
  const TemporaryDirectory directory;
  asio::thread_pool pool(2);
  exposition::MetricRegistry metrics(metric_families());
  auto directories = std::make_unique<DirectoryWatches>(pool.get_executor());
  std::mt19937_64 random(1);
  // Kept to the end: Asio counts references with a fence, which ThreadSanitizer does not know.
  std::vector<asio::any_io_executor> strands;
  for (int round = 0; round < 100; ++round) {
    const asio::any_io_executor strand = strands.emplace_back(asio::make_strand(pool.get_executor()));
    auto context = context_on(pool.get_executor(), system_clock(), metrics);
    context.directories = directories.get();
    auto made = make_discoverer(Options{{directory / "*.yml"}, 1ms}, context);
    ASSERT_TRUE(made);
    RecordingSink sink;
    RunningDiscoverer running(strand, *std::move(made), sink);
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 3000);
    while (std::chrono::steady_clock::now() < until) directory.write("a.yml", "- targets: [a]\n");
    running.stop();
  }
  directories.reset();
  pool.join();
}

}  // namespace
}  // namespace kubevitals::discovery::file
