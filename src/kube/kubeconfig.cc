#include "kube/kubeconfig.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "kube/config_files.h"
#include "kube/kubeconfig_entries.h"
#include "kube/kubeconfig_fields.h"
#include "kube/server_url.h"

namespace kubevitals::kube {
namespace {

struct Document {
  std::string path;
  YAML::Node root;
};

// Where a context, cluster or user is described.
struct Entry {
  const Document* document = nullptr;
  YAML::Node value;
};

// An entry's kind as the files have it: "contexts" lists things with a "name" and a "context".
struct Kind {
  const char* list;
  const char* key;
};
constexpr Kind kContext{"contexts", "context"};
constexpr Kind kCluster{"clusters", "cluster"};
constexpr Kind kUser{"users", "user"};

// Looks things up in all files. What is wrong is kept with the file that it is wrong in.
class Kubeconfig {
 public:
  Kubeconfig(std::vector<Document> documents, const KubeconfigChoice& choice)
      : documents_(std::move(documents)), choice_(choice) {}

  Result<ApiServerConfig> resolve() {
    ApiServerConfig config;
    const std::optional<Entry> context = chosen_context();
    if (context) read_context(*context, config);
    if (complaint_.empty() && !choice_.server.empty()) override_server(config);
    if (!complaint_.empty()) return failure(document_, complaint_.cause());
    if (!config.url.starts_with("https://")) drop_secrets(config);
    return config;
  }

 private:
  static Error failure(const Document* document, const std::string& cause) {
    return Error{ErrorCode::kInvalid,
                 one_line("cannot load kubeconfig " + document->path + ": " + cause, 2000)};
  }

  Fields fields(const Document& document, const YAML::Node& map) {
    if (complaint_.empty()) document_ = &document;
    return {map, complaint_};
  }

  // Nothing, with a complaint, when there is none; without one when none is needed.
  std::optional<Entry> chosen_context() {
    std::string name = choice_.context;
    for (const Document& document : documents_) {
      if (name.empty()) name = fields(document, document.root).text("current-context");
    }
    if (name.empty() && !choice_.server.empty()) return std::nullopt;
    document_ = complaint_.empty() ? &documents_.front() : document_;
    if (!name.empty()) return find(kContext, name);
    complaint_.add("no context is chosen: there is no current-context" + choices(kContext));
    return std::nullopt;
  }

  std::optional<Entry> find(const Kind& kind, const std::string& name) {
    for (const Document& document : documents_) {
      std::optional<Entry> found;
      for (const Fields& item : fields(document, document.root).list(kind.list)) {
        if (item.text("name") != name) continue;
        if (found)
          item.complain(std::string("there is another ") + kind.key + " \"" + name + "\" in this file");
        found = Entry{&document, item.mapping(kind.key).node()};
      }
      if (found) return found;
    }
    if (complaint_.empty()) document_ = &documents_.front();
    complaint_.add(std::string(kind.key) + " \"" + name + "\" does not exist" + choices(kind));
    return std::nullopt;
  }

  std::string choices(const Kind& kind) {
    std::string names;
    for (const Document& document : documents_) {
      for (const Fields& item : fields(document, document.root).list(kind.list)) {
        names.append(names.empty() ? "" : ", ").append(item.text("name"));
      }
    }
    return std::string(" (") + kind.list + ": " + (names.empty() ? "none" : names) + ")";
  }

  void read_context(const Entry& context, ApiServerConfig& config) {
    const Fields read = fields(*context.document, context.value);
    const std::string cluster_name = read.text("cluster");
    const std::string user_name = read.text("user");
    std::optional<Entry> cluster;
    if (!cluster_name.empty()) cluster = find(kCluster, cluster_name);
    if (cluster_name.empty() && choice_.server.empty()) read.complain("the context names no cluster");
    if (cluster) {
      const EntrySource source{cluster_name, std::filesystem::path(cluster->document->path).parent_path()};
      read_cluster(fields(*cluster->document, cluster->value), source, choice_.server.empty(), config);
    }
    const std::optional<Entry> user = user_name.empty() ? std::nullopt : find(kUser, user_name);
    if (!user) return;
    const EntrySource source{user_name, std::filesystem::path(user->document->path).parent_path()};
    read_user(fields(*user->document, user->value), source, config);
    if (config.credentials.exec && cluster) {
      config.credentials.exec->cluster_config =
          read_plugin_config(fields(*cluster->document, cluster->value));
    }
  }

  void override_server(ApiServerConfig& config) {
    Result<std::string> url = parse_server_url(choice_.server);
    if (!url) {
      complaint_.add("cannot use --apiserver " + url.error().message);
      return;
    }
    config.url = std::move(*url);
    config.transport.tls_server_name.clear();
  }

  static void drop_secrets(ApiServerConfig& config) {
    config.credentials = {};
    net::TransportOptions plain;
    plain.proxy_url = config.transport.proxy_url;
    config.transport = std::move(plain);
  }

  const std::vector<Document> documents_;
  const KubeconfigChoice& choice_;
  const Document* document_ = &documents_.front();  // where the complaint is from
  Complaint complaint_;
};

// Some messages of yaml-cpp end with text of the file, which may be a password.
std::string without_quotes(const std::string& message) {
  return message.substr(0, message.find(':'));
}

Result<Document> parse(const KubeconfigFile& file) {
  const auto failed = [&](const std::string& cause) {
    return Error{ErrorCode::kInvalid, one_line("cannot load kubeconfig " + file.path + ": " + cause)};
  };
  try {
    YAML::Node root = YAML::Load(file.text);
    if (!root.IsDefined() || root.IsNull()) return failed("it is empty");
    if (!root.IsMap()) return failed("not a kubeconfig: the document is not a mapping");
    return Document{file.path, std::move(root)};
  } catch (const YAML::Exception& exception) {
    const std::string line =
        exception.mark.is_null() ? "" : "line " + std::to_string(exception.mark.line + 1) + ": ";
    return failed(line + without_quotes(exception.msg));
  }
}

}  // namespace

Result<ApiServerConfig> read_kubeconfig(const std::vector<KubeconfigFile>& files,
                                        const KubeconfigChoice& choice) {
  std::vector<Document> documents;
  for (const KubeconfigFile& file : files) {
    Result<Document> document = parse(file);
    if (!document) return document.error();
    documents.push_back(std::move(*document));
  }
  if (documents.empty()) return Error{ErrorCode::kInvalid, "cannot load kubeconfig: there is no file"};
  try {
    return Kubeconfig(std::move(documents), choice).resolve();
  } catch (const YAML::Exception& exception) {
    return Error{ErrorCode::kInvalid, one_line("cannot load kubeconfig " + files.front().path + ": " +
                                               without_quotes(exception.msg))};
  }
}

}  // namespace kubevitals::kube
