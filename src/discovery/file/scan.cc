#include "discovery/file/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "discovery/target_group_document.h"

namespace kubevitals::discovery::file {
namespace {

// More than that are no target groups that somebody wrote.
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

struct Split {
  std::string directory;  // with its slash, "" for the current one
  std::string name;
};

Split split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

// Without the slash at the end; "." for the current one, "/" for the root.
std::string as_path(const std::string& directory) {
  if (directory.empty()) return ".";
  const std::size_t end = directory.find_last_not_of('/');
  return end == std::string::npos ? "/" : directory.substr(0, end + 1);
}

bool is_pattern(const std::string& text) {
  return text.find_first_of("*?[\\") != std::string::npos;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// What a symbolic link says; empty for anything else.
std::string read_link(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  target.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return target;
}

std::vector<std::string> names_in(const std::string& directory) {
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::vector<std::string> names;
  const std::unique_ptr<DIR, Close> stream(::opendir(directory.c_str()));
  if (!stream) return names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name(entry->d_name);
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

Error failure(std::string cause) {
  return Error{ErrorCode::kInvalid, std::move(cause)};
}

Error system_failure() {
  return failure(std::generic_category().message(errno));
}

Result<std::string> read_all(int descriptor) {
  std::string text;
  while (text.size() <= kMaxFileBytes) {
    const std::size_t known = text.size();
    text.resize(known + (64 << 10));
    const ssize_t got = ::read(descriptor, text.data() + known, text.size() - known);
    if (got < 0 && errno == EINTR) {
      text.resize(known);
      continue;
    }
    if (got < 0) return system_failure();
    text.resize(known + static_cast<std::size_t>(got));
    if (got == 0) return text;
  }
  return failure("the file is too big");
}

struct Content {
  std::string text;
  double modified = 0;
};

Result<Content> read_content(const std::string& path) {
  // A pipe would wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return system_failure();
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return system_failure();
  if (!S_ISREG(status.st_mode)) return failure("no regular file");
  Result<std::string> text = read_all(file.number());
  if (!text) return std::move(text).error();
  return Content{*std::move(text), static_cast<double>(status.st_mtim.tv_sec)};
}

bool is_json(const std::string& path) {
  return path.ends_with(".json") || path.ends_with(".JSON");
}

Result<std::vector<TargetGroup>> parse(const std::string& path, const std::string& text) {
  if (!is_json(path)) return parse_target_groups_yaml(text, path);
  Result<std::vector<TargetGroup>> groups = parse_target_groups_json(text);
  if (!groups) return std::move(groups).error().wrap(path);
  return groups;
}

}  // namespace

std::vector<std::string> expand_pattern(const std::string& pattern) {
  if (!is_pattern(pattern)) return exists(pattern) ? std::vector{pattern} : std::vector<std::string>();
  const Split parts = split(pattern);
  std::vector<std::string> found;
  for (const std::string& directory : directories_of(pattern)) {
    for (const std::string& name : names_in(directory)) {
      if (::fnmatch(parts.name.c_str(), name.c_str(), FNM_PATHNAME) != 0) continue;
      const bool bare = parts.directory.empty();
      found.push_back(bare ? name : directory + (directory == "/" ? "" : "/") + name);
    }
  }
  return found;
}

std::vector<std::string> directories_of(const std::string& pattern) {
  const std::string directory = as_path(split(pattern).directory);
  if (!is_pattern(directory) || directory == ".") return {directory};
  return expand_pattern(directory);
}

std::string name_pattern(const std::string& pattern) {
  return split(pattern).name;
}

std::set<std::string> linked_names(const std::vector<std::string>& patterns) {
  std::set<std::string> names;
  for (const std::string& pattern : patterns) {
    for (const std::string& path : expand_pattern(pattern)) {
      const std::string directory = split(path).directory;
      // The system follows no longer chains than that.
      std::string next = path;
      for (int i = 0; i < 40; ++i) {
        const std::string target = std::filesystem::path(read_link(next)).lexically_normal();
        const std::string name = target.substr(0, target.find('/'));
        if (name.empty() || name == "..") break;  // no link, or one that leads elsewhere
        names.insert(name);
        next = directory + name;
      }
    }
  }
  return names;
}

ScannedFile scan_file(const std::string& path) {
  const auto failed = [&](const Error& error) {
    return ScannedFile{path, error.wrap("cannot read target groups"), 0};
  };
  Result<Content> content = read_content(path);
  if (!content) return failed(content.error().wrap(path));
  Result<std::vector<TargetGroup>> parsed = parse(path, content->text);
  if (!parsed) return failed(parsed.error());
  static const LabelName kFilepath("__meta_filepath");
  std::vector<TargetGroupPtr> groups;
  for (TargetGroup& group : *parsed) {
    group.source = path + ":" + std::to_string(groups.size());
    group.labels = with_label(group.labels, kFilepath, path);
    groups.push_back(std::make_shared<const TargetGroup>(std::move(group)));
  }
  return {path, std::move(groups), content->modified};
}

std::vector<ScannedFile> scan(const std::vector<std::string>& patterns) {
  std::vector<ScannedFile> files;
  std::set<std::string> seen;
  for (const std::string& pattern : patterns) {
    for (const std::string& path : expand_pattern(pattern)) {
      if (seen.insert(path).second) files.push_back(scan_file(path));
    }
  }
  return files;
}

}  // namespace kubevitals::discovery::file
