// networking.k8s.io/v1.Ingress: k8s.io/api/networking/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct IngressTls {
  std::vector<std::string_view> hosts;
  friend bool operator==(const IngressTls&, const IngressTls&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "hosts", &IngressTls::hosts}}; }
};

struct HttpIngressPath {
  std::string_view path;
  friend bool operator==(const HttpIngressPath&, const HttpIngressPath&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "path", &HttpIngressPath::path}}; }
};

struct HttpIngressRuleValue {
  std::vector<HttpIngressPath> paths;
  friend bool operator==(const HttpIngressRuleValue&, const HttpIngressRuleValue&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "paths", &HttpIngressRuleValue::paths}}; }
};

struct IngressRuleValue {
  std::optional<HttpIngressRuleValue> http;
  friend bool operator==(const IngressRuleValue&, const IngressRuleValue&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "http", &IngressRuleValue::http}}; }
};

struct IngressRule {
  std::string_view host;
  IngressRuleValue value;
  friend bool operator==(const IngressRule&, const IngressRule&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "host", &IngressRule::host},
                      Field{2, "ingressRuleValue", &IngressRule::value, FieldKind::kInlineInJson}};
  }
};

struct IngressSpec {
  std::vector<IngressTls> tls;
  std::vector<IngressRule> rules;
  std::optional<std::string_view> ingress_class_name;
  friend bool operator==(const IngressSpec&, const IngressSpec&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{2, "tls", &IngressSpec::tls}, Field{3, "rules", &IngressSpec::rules},
                      Field{4, "ingressClassName", &IngressSpec::ingress_class_name}};
  }
};

struct Ingress {
  ObjectMeta metadata;
  IngressSpec spec;
  friend bool operator==(const Ingress&, const Ingress&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &Ingress::metadata}, Field{2, "spec", &Ingress::spec}};
  }
};

}  // namespace kubevitals::kube
