#include "discovery/serve/file_sd_writer.h"

#include <fcntl.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <set>
#include <system_error>
#include <vector>

#include "discovery/http_sd_json.h"
#include "discovery/serve/target_walk.h"

namespace kubevitals::discovery {
namespace {

std::string cause() {
  return std::generic_category().message(errno);
}

std::string render(const std::shared_ptr<const JobSnapshot>& job, bool relabeled) {
  std::string text = "[\n";
  HttpSdWriter writer(text);
  std::vector<Label> labels;
  TargetWalk walk(job);
  bool more = true;
  while (more) {
    more = walk.next_page([&](const WalkedTarget& walked) {
      if (relabeled && walked.kept == nullptr) return;
      if (relabeled) {
        merge_labels({walked.kept->labels.get()}, labels);
      } else {
        merge_labels({walked.target(), walked.group->labels.get()}, labels);
      }
      writer.add(labels);
    });
  }
  writer.finish();
  return text.append("]\n");
}

// Readers see the old file or the new one, also after a crash.
Result<void> replace_file(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Error{ErrorCode::kUnavailable, "cannot write " + temporary + ": " + cause()};
  std::size_t done = 0;
  bool well = true;
  while (well && done < text.size()) {
    const ssize_t count = ::write(file, text.data() + done, text.size() - done);
    well = count >= 0 || errno == EINTR;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  well = well && ::fsync(file) == 0;
  const std::string why = well ? "" : cause();
  ::close(file);
  if (well && std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const std::string message = "cannot write " + path + ": " + (well ? cause() : why);
  ::unlink(temporary.c_str());
  return Error{ErrorCode::kUnavailable, message};
}

}  // namespace

std::string FileSdWriter::file_name(const std::string& job) {
  std::string name;
  for (const char c : job) {
    const bool fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || (c == '.' && !name.empty());
    name += fit ? c : '_';
  }
  if (name.size() > 200) name.resize(200);
  return name + ".json";
}

Result<void> FileSdWriter::write(const Snapshot& snapshot) {
  Result<void> result;
  std::set<std::string> names;
  for (const auto& job : snapshot.jobs) {
    std::string name = file_name(job->spec->name);
    if (!names.insert(name).second) {
      const std::string& text = job->spec->name;
      name = name.substr(0, name.size() - 5) + "-" + std::to_string(XXH3_64bits(text.data(), text.size())) +
             ".json";
      names.insert(name);
    }
    if (!job->answered()) continue;
    const Written before = written_[name];
    const std::uint64_t version = relabeled_ ? job->targets_version : job->groups_version;
    if (before.text_hash != 0 && before.version == version) continue;
    const std::string text = render(job, relabeled_);
    const std::uint64_t hash = XXH3_64bits(text.data(), text.size()) | 1;
    if (hash != before.text_hash) {
      Result<void> replaced = replace_file(directory_ + "/" + name, text);
      if (!replaced) {
        if (result) result = std::move(replaced);
        continue;
      }
    }
    written_[name] = {version, hash};
  }
  for (auto written = written_.begin(); written != written_.end();) {
    if (names.contains(written->first)) {
      ++written;
      continue;
    }
    ::unlink((directory_ + "/" + written->first).c_str());
    written = written_.erase(written);
  }
  return result;
}

}  // namespace kubevitals::discovery
