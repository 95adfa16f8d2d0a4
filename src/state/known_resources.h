// The names that KSM's --resources takes.
#pragma once

#include <algorithm>
#include <string_view>

namespace kubevitals::state {

struct KnownResource {
  std::string_view name;
  bool is_default = true;  // on without --resources
};

inline constexpr KnownResource kKnownResources[] = {
    {"certificatesigningrequests"},
    {"clusterrolebindings", false},
    {"clusterroles", false},
    {"configmaps"},
    {"cronjobs"},
    {"daemonsets"},
    {"deployments"},
    {"endpoints", false},
    {"endpointslices"},
    {"horizontalpodautoscalers"},
    {"ingressclasses", false},
    {"ingresses"},
    {"jobs"},
    {"leases"},
    {"limitranges"},
    {"mutatingadmissionpolicies"},
    {"mutatingadmissionpolicybindings"},
    {"mutatingwebhookconfigurations"},
    {"namespaces"},
    {"networkpolicies"},
    {"nodes"},
    {"persistentvolumeclaims"},
    {"persistentvolumes"},
    {"poddisruptionbudgets"},
    {"pods"},
    {"replicasets"},
    {"replicationcontrollers"},
    {"resourcequotas"},
    {"rolebindings", false},
    {"roles", false},
    {"secrets"},
    {"serviceaccounts", false},
    {"services"},
    {"statefulsets"},
    {"storageclasses"},
    {"validatingadmissionpolicies"},
    {"validatingadmissionpolicybindings"},
    {"validatingwebhookconfigurations"},
    {"volumeattachments"},
};

// nullptr when KSM does not know the name.
constexpr const KnownResource* find_known_resource(std::string_view name) {
  const auto* end = std::end(kKnownResources);
  const auto* found = std::find_if(std::begin(kKnownResources), end,
                                   [name](const KnownResource& r) { return r.name == name; });
  return found == end ? nullptr : found;
}

}  // namespace kubevitals::state
