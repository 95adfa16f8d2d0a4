// meta/v1: what all groups share.
#include "sim/schema_tables.h"

namespace kubevitals::sim {

std::span<const MessageRow> meta_messages() {
  static constexpr MessageRow kRows[] = {
      {"ObjectMeta",
       "name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation=7:int64 "
       "creationTimestamp=8:Time deletionTimestamp=9:Time deletionGracePeriodSeconds=10!:int64 labels=11:{} "
       "annotations=12:{} ownerReferences=13:[]OwnerReference@uid finalizers=14:[]@ "
       "managedFields=17:[]ManagedFieldsEntry"},
      {"OwnerReference",
       "kind=1! name=3! uid=4! apiVersion=5! controller=6!:bool blockOwnerDeletion=7!:bool"},
      {"ManagedFieldsEntry",
       "manager=1 operation=2 apiVersion=3 time=4:Time fieldsType=6 fieldsV1=7:Json subresource=8"},
      {"ListMeta",
       "selfLink=1 resourceVersion=2 continue=3 remainingItemCount=4!:int64 shardInfo=5:ShardInfo"},
      {"ShardInfo", "selector=1!"},
      {"PartialObjectMetadata", "metadata=1:ObjectMeta"},
      {"Status", "metadata=1:ListMeta status=2 message=3 reason=4 details=5:StatusDetails code=6:int32"},
      {"StatusDetails", "name=1 group=2 kind=3 causes=4:[]StatusCause retryAfterSeconds=5:int32 uid=6"},
      {"StatusCause", "reason=1 message=2 field=3"},
      {"LabelSelector", "matchLabels=1:{} matchExpressions=2:[]LabelSelectorRequirement"},
      {"LabelSelectorRequirement", "key=1! operator=2! values=3:[]"},
      {"FieldSelectorRequirement", "key=1! operator=2! values=3:[]"},
      {"Condition",
       "type=1! status=2! observedGeneration=3:int64 lastTransitionTime=4:Time reason=5! message=6!"},
      {"DeleteOptions",
       "gracePeriodSeconds=1!:int64 preconditions=2:Preconditions orphanDependents=3!:bool "
       "propagationPolicy=4! "
       "dryRun=5:[] ignoreStoreReadErrorWithClusterBreakingPotential=6!:bool"},
      {"Preconditions", "uid=1! resourceVersion=2!"},
      {"GetOptions", "resourceVersion=1"},
      {"ListOptions",
       "labelSelector=1 fieldSelector=2 watch=3:bool resourceVersion=4 timeoutSeconds=5!:int64 limit=7:int64 "
       "continue=8 "
       "allowWatchBookmarks=9:bool resourceVersionMatch=10 sendInitialEvents=11!:bool shardSelector=15"},
      {"CreateOptions", "dryRun=1:[] fieldManager=3 fieldValidation=4"},
      {"UpdateOptions", "dryRun=1:[] fieldManager=2 fieldValidation=3"},
      {"PatchOptions", "dryRun=1:[] force=2!:bool fieldManager=3 fieldValidation=4"},
      {"APIVersions", "versions=1:[] serverAddressByClientCIDRs=2:[]ServerAddressByClientCIDR"},
      {"ServerAddressByClientCIDR", "clientCIDR=1! serverAddress=2!"},
      {"APIGroup",
       "name=1! versions=2:[]GroupVersionForDiscovery preferredVersion=3:GroupVersionForDiscovery "
       "serverAddressByClientCIDRs=4:[]ServerAddressByClientCIDR"},
      {"APIGroupList", "groups=1:[]APIGroup"},
      {"GroupVersionForDiscovery", "groupVersion=1! version=2!"},
      {"APIResourceList", "groupVersion=1! resources=2:[]APIResource"},
      {"APIResource",
       "name=1! namespaced=2!:bool kind=3! verbs=4:Items shortNames=5:[] singularName=6! categories=7:[] "
       "group=8 "
       "version=9 storageVersionHash=10"},
  };
  return kRows;
}

}  // namespace kubevitals::sim
