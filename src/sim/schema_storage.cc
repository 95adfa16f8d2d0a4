// storage.k8s.io/v1.
#include "sim/schema_tables.h"

namespace kubevitals::sim {

GroupTable storage_table() {
  static constexpr MessageRow kRows[] = {
      {"StorageClass",
       "metadata=1:ObjectMeta provisioner=2! parameters=3:{} reclaimPolicy=4! mountOptions=5:[] "
       "allowVolumeExpansion=6!:bool volumeBindingMode=7! allowedTopologies=8:[]TopologySelectorTerm"},
      {"TopologySelectorTerm", "matchLabelExpressions=1:[]TopologySelectorLabelRequirement"},
      {"TopologySelectorLabelRequirement", "key=1! values=2:[]"},
      {"VolumeAttachment",
       "metadata=1:ObjectMeta spec=2:VolumeAttachmentSpec status=3:VolumeAttachmentStatus"},
      {"VolumeAttachmentSpec", "attacher=1! source=2:VolumeAttachmentSource nodeName=3!"},
      {"VolumeAttachmentSource", "persistentVolumeName=1! inlineVolumeSpec=2:PersistentVolumeSpec"},
      {"VolumeAttachmentStatus",
       "attached=1!:bool attachmentMetadata=2:{} attachError=3:VolumeError detachError=4:VolumeError"},
      {"VolumeError", "time=1:Time message=2 errorCode=3!:int32"},
      {"VolumeAttributesClass", "metadata=1:ObjectMeta driverName=2! parameters=3:{}"},
      {"CSIDriver", "metadata=1:ObjectMeta spec=2:CSIDriverSpec"},
      {"CSIDriverSpec",
       "attachRequired=1!:bool podInfoOnMount=2!:bool volumeLifecycleModes=3:[] storageCapacity=4!:bool "
       "fsGroupPolicy=5! "
       "tokenRequests=6:[]TokenRequest requiresRepublish=7!:bool seLinuxMount=8!:bool "
       "nodeAllocatableUpdatePeriodSeconds=9!:int64 serviceAccountTokenInSecrets=10!:bool "
       "preventPodSchedulingIfMissing=11!:bool"},
      {"TokenRequest", "audience=1! expirationSeconds=2!:int64"},
      {"CSINode", "metadata=1:ObjectMeta spec=2:CSINodeSpec status=3:CSINodeStatus"},
      {"CSINodeSpec", "drivers=1:[]CSINodeDriver@name"},
      {"CSINodeDriver", "name=1! nodeID=2! topologyKeys=3:[] allocatable=4:VolumeNodeResources"},
      {"VolumeNodeResources", "count=1!:int32"},
      {"CSINodeStatus", "storageHealth=1:[]StorageHealth@name"},
      {"StorageHealth", "name=1! healthConditions=2:[]StorageHealthCondition"},
      {"StorageHealthCondition",
       "status=1! reason=2! message=3 accessMode=4 volumeMode=5 lastTransitionTime=6:Time"},
      {"CSIStorageCapacity",
       "metadata=1:ObjectMeta nodeTopology=2:LabelSelector storageClassName=3! capacity=4:Quantity "
       "maximumVolumeSize=5:Quantity"},
  };
  return {"storage.k8s.io/v1",
          "StorageClass VolumeAttachment VolumeAttributesClass CSIDriver CSINode CSIStorageCapacity", "",
          kRows};
}

}  // namespace kubevitals::sim
