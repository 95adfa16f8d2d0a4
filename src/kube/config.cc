#include "kube/config.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "kube/config_files.h"
#include "kube/in_cluster.h"
#include "kube/kubeconfig.h"
#include "kube/server_url.h"

extern char** environ;

namespace kubevitals::kube {
namespace {

// The files to read: one that is named has to be there, of those in $KUBECONFIG what is there.
struct FileList {
  std::vector<std::string> paths;
  bool from_environment = false;
};

FileList listed_files(const ConnectionFlags& flags, const Surroundings& surroundings) {
  if (!flags.kubeconfig.empty()) return {{flags.kubeconfig}, false};
  FileList list;
  const auto found = surroundings.environment.find("KUBECONFIG");
  if (!flags.apiserver.empty() || found == surroundings.environment.end()) return list;
  list.from_environment = true;
  std::istringstream paths(found->second);
  for (std::string path; std::getline(paths, path, ':');) {
    const bool known = std::find(list.paths.begin(), list.paths.end(), path) != list.paths.end();
    if (!path.empty() && !known) list.paths.push_back(path);
  }
  return list;
}

Result<std::vector<KubeconfigFile>> read_files(const FileList& list) {
  std::vector<KubeconfigFile> files;
  for (const std::string& path : list.paths) {
    std::error_code error;
    if (list.from_environment && !std::filesystem::exists(path, error) && !error) continue;
    Result<std::string> text = read_file(path);
    if (!text) return text.error().wrap("cannot load kubeconfig");
    files.push_back({path, std::move(*text)});
  }
  return files;
}

Result<ApiServerConfig> from_files(const std::vector<KubeconfigFile>& files, const ConnectionFlags& flags) {
  const KubeconfigChoice choice{flags.context, flags.apiserver};
  Result<ApiServerConfig> config = read_kubeconfig(files, choice);
  if (!config) return config;
  if (const Result<void> checked = check_files(*config); !checked) {
    return checked.error().wrap("cannot load kubeconfig " + one_line(files.front().path));
  }
  return config;
}

Result<ApiServerConfig> anonymous(const std::string& apiserver) {
  Result<std::string> url = parse_server_url(apiserver);
  if (!url) return url.error().wrap("cannot use --apiserver");
  ApiServerConfig config;
  config.url = std::move(*url);
  return config;
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings surroundings;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    surroundings.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return surroundings;
}

Result<ApiServerConfig> load_config(const ConnectionFlags& flags, const Surroundings& surroundings) {
  const FileList list = listed_files(flags, surroundings);
  const Result<std::vector<KubeconfigFile>> files = read_files(list);
  if (!files) return files.error();
  if (!files->empty()) return from_files(*files, flags);
  if (!flags.context.empty()) {
    return invalid("cannot use --context " + one_line(flags.context) +
                   ": there is no kubeconfig; use --kubeconfig");
  }
  if (!flags.apiserver.empty()) return anonymous(flags.apiserver);
  if (!list.paths.empty() && !in_pod(surroundings)) {
    return invalid(
        "cannot load kubeconfig: $KUBECONFIG names " + one_line(list.paths.front()) +
        (list.paths.size() > 1 ? " and others, but none of them exists" : ", which does not exist"));
  }
  return in_cluster_config(surroundings);
}

}  // namespace kubevitals::kube
