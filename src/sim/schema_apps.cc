// apps/v1, batch/v1, autoscaling/v1 and v2, policy/v1, scheduling.k8s.io/v1, node.k8s.io/v1.
#include "sim/schema_tables.h"

namespace kubevitals::sim {

GroupTable apps_table() {
  static constexpr MessageRow kRows[] = {
      {"Deployment", "metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:DeploymentStatus"},
      {"DeploymentSpec",
       "replicas=1!:int32 selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy "
       "minReadySeconds=5:int32 revisionHistoryLimit=6!:int32 paused=7:bool "
       "progressDeadlineSeconds=9!:int32"},
      {"DeploymentStrategy", "type=1 rollingUpdate=2:RollingUpdateDeployment"},
      {"RollingUpdateDeployment", "maxUnavailable=1:IntOrString maxSurge=2:IntOrString"},
      {"DeploymentStatus",
       "observedGeneration=1:int64 replicas=2:int32 updatedReplicas=3:int32 availableReplicas=4:int32 "
       "unavailableReplicas=5:int32 conditions=6:[]DeploymentCondition@type readyReplicas=7:int32 "
       "collisionCount=8!:int32 terminatingReplicas=9!:int32"},
      {"DeploymentCondition",
       "type=1! status=2! reason=4 message=5 lastUpdateTime=6:Time lastTransitionTime=7:Time"},

      {"ReplicaSet", "metadata=1:ObjectMeta spec=2:ReplicaSetSpec status=3:ReplicaSetStatus"},
      {"ReplicaSetSpec",
       "replicas=1!:int32 selector=2:LabelSelector template=3:PodTemplateSpec minReadySeconds=4:int32"},
      {"ReplicaSetStatus",
       "replicas=1!:int32 fullyLabeledReplicas=2:int32 observedGeneration=3:int64 readyReplicas=4:int32 "
       "availableReplicas=5:int32 conditions=6:[]ReplicaSetCondition@type terminatingReplicas=7!:int32"},
      {"ReplicaSetCondition", "type=1! status=2! lastTransitionTime=3:Time reason=4 message=5"},

      {"StatefulSet", "metadata=1:ObjectMeta spec=2:StatefulSetSpec status=3:StatefulSetStatus"},
      {"StatefulSetSpec",
       "replicas=1!:int32 selector=2:LabelSelector template=3:PodTemplateSpec "
       "volumeClaimTemplates=4:[]PersistentVolumeClaim serviceName=5! podManagementPolicy=6 "
       "updateStrategy=7:StatefulSetUpdateStrategy revisionHistoryLimit=8!:int32 minReadySeconds=9:int32 "
       "persistentVolumeClaimRetentionPolicy=10:StatefulSetPersistentVolumeClaimRetentionPolicy "
       "ordinals=11:StatefulSetOrdinals"},
      {"StatefulSetUpdateStrategy", "type=1 rollingUpdate=2:RollingUpdateStatefulSetStrategy"},
      {"RollingUpdateStatefulSetStrategy", "partition=1!:int32 maxUnavailable=2:IntOrString"},
      {"StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted=1 whenScaled=2"},
      {"StatefulSetOrdinals", "start=1!:int32"},
      {"StatefulSetStatus",
       "observedGeneration=1:int64 replicas=2!:int32 readyReplicas=3:int32 currentReplicas=4:int32 "
       "updatedReplicas=5:int32 currentRevision=6 updateRevision=7 collisionCount=9!:int32 "
       "conditions=10:[]StatefulSetCondition@type availableReplicas=11!:int32"},
      {"StatefulSetCondition", "type=1! status=2! lastTransitionTime=3:Time reason=4 message=5"},

      {"DaemonSet", "metadata=1:ObjectMeta spec=2:DaemonSetSpec status=3:DaemonSetStatus"},
      {"DaemonSetSpec",
       "selector=1:LabelSelector template=2:PodTemplateSpec updateStrategy=3:DaemonSetUpdateStrategy "
       "minReadySeconds=4:int32 revisionHistoryLimit=6!:int32"},
      {"DaemonSetUpdateStrategy", "type=1 rollingUpdate=2:RollingUpdateDaemonSet"},
      {"RollingUpdateDaemonSet", "maxUnavailable=1:IntOrString maxSurge=2:IntOrString"},
      {"DaemonSetStatus",
       "currentNumberScheduled=1!:int32 numberMisscheduled=2!:int32 desiredNumberScheduled=3!:int32 "
       "numberReady=4!:int32 "
       "observedGeneration=5:int64 updatedNumberScheduled=6:int32 numberAvailable=7:int32 "
       "numberUnavailable=8:int32 "
       "collisionCount=9!:int32 conditions=10:[]DaemonSetCondition@type"},
      {"DaemonSetCondition", "type=1! status=2! lastTransitionTime=3:Time reason=4 message=5"},

      {"ControllerRevision", "metadata=1:ObjectMeta data=2:Json revision=3!:int64"},
  };
  return {"apps/v1", "Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision", "", kRows};
}

GroupTable batch_table() {
  static constexpr MessageRow kRows[] = {
      {"Job", "metadata=1:ObjectMeta spec=2:JobSpec status=3:JobStatus"},
      {"JobSpec",
       "parallelism=1!:int32 completions=2!:int32 activeDeadlineSeconds=3!:int64 selector=4:LabelSelector "
       "manualSelector=5!:bool template=6:PodTemplateSpec backoffLimit=7!:int32 "
       "ttlSecondsAfterFinished=8!:int32 "
       "completionMode=9! suspend=10!:bool podFailurePolicy=11:PodFailurePolicy "
       "backoffLimitPerIndex=12!:int32 "
       "maxFailedIndexes=13!:int32 podReplacementPolicy=14! managedBy=15! successPolicy=16:SuccessPolicy"},
      {"PodFailurePolicy", "rules=1:[]PodFailurePolicyRule"},
      {"PodFailurePolicyRule",
       "action=1! onExitCodes=2:PodFailurePolicyOnExitCodesRequirement "
       "onPodConditions=3:[]PodFailurePolicyOnPodConditionsPattern"},
      {"PodFailurePolicyOnExitCodesRequirement", "containerName=1! operator=2! values=3:[]int32"},
      {"PodFailurePolicyOnPodConditionsPattern", "type=1! status=2!"},
      {"SuccessPolicy", "rules=1:[]SuccessPolicyRule"},
      {"SuccessPolicyRule", "succeededIndexes=1! succeededCount=2!:int32"},
      {"JobStatus",
       "conditions=1:[]JobCondition@type startTime=2:Time completionTime=3:Time active=4:int32 "
       "succeeded=5:int32 "
       "failed=6:int32 completedIndexes=7 uncountedTerminatedPods=8:UncountedTerminatedPods ready=9!:int32 "
       "failedIndexes=10! terminating=11!:int32"},
      {"UncountedTerminatedPods", "succeeded=1:[] failed=2:[]"},
      {"JobCondition", "type=1! status=2! lastProbeTime=3:Time lastTransitionTime=4:Time reason=5 message=6"},
      {"CronJob", "metadata=1:ObjectMeta spec=2:CronJobSpec status=3:CronJobStatus"},
      {"CronJobSpec",
       "schedule=1! startingDeadlineSeconds=2!:int64 concurrencyPolicy=3 suspend=4!:bool "
       "jobTemplate=5:JobTemplateSpec "
       "successfulJobsHistoryLimit=6!:int32 failedJobsHistoryLimit=7!:int32 timeZone=8!"},
      {"JobTemplateSpec", "metadata=1:ObjectMeta spec=2:JobSpec"},
      {"CronJobStatus", "active=1:[]ObjectReference lastScheduleTime=4:Time lastSuccessfulTime=5:Time"},
  };
  return {"batch/v1", "Job CronJob", "", kRows};
}

GroupTable autoscaling_v1_table() {
  static constexpr MessageRow kRows[] = {
      {"Scale", "metadata=1:ObjectMeta spec=2:ScaleSpec status=3:ScaleStatus"},
      {"ScaleSpec", "replicas=1:int32"},
      {"ScaleStatus", "replicas=1!:int32 selector=2"},
      {"HorizontalPodAutoscaler",
       "metadata=1:ObjectMeta spec=2:HorizontalPodAutoscalerSpec status=3:HorizontalPodAutoscalerStatus"},
      {"HorizontalPodAutoscalerSpec",
       "scaleTargetRef=1:CrossVersionObjectReference minReplicas=2!:int32 maxReplicas=3!:int32 "
       "targetCPUUtilizationPercentage=4!:int32"},
      {"CrossVersionObjectReference", "kind=1! name=2! apiVersion=3"},
      {"HorizontalPodAutoscalerStatus",
       "observedGeneration=1!:int64 lastScaleTime=2:Time currentReplicas=3!:int32 desiredReplicas=4!:int32 "
       "currentCPUUtilizationPercentage=5!:int32"},
  };
  return {"autoscaling/v1", "HorizontalPodAutoscaler", "Scale", kRows};
}

GroupTable autoscaling_v2_table() {
  static constexpr MessageRow kRows[] = {
      {"HorizontalPodAutoscaler",
       "metadata=1:ObjectMeta spec=2:HorizontalPodAutoscalerSpec status=3:HorizontalPodAutoscalerStatus"},
      {"HorizontalPodAutoscalerSpec",
       "scaleTargetRef=1:CrossVersionObjectReference minReplicas=2!:int32 maxReplicas=3!:int32 "
       "metrics=4:[]MetricSpec "
       "behavior=5:HorizontalPodAutoscalerBehavior"},
      {"CrossVersionObjectReference", "kind=1! name=2! apiVersion=3"},
      {"HorizontalPodAutoscalerBehavior", "scaleUp=1:HPAScalingRules scaleDown=2:HPAScalingRules"},
      {"HPAScalingRules",
       "selectPolicy=1! policies=2:[]HPAScalingPolicy stabilizationWindowSeconds=3!:int32 "
       "tolerance=4:Quantity"},
      {"HPAScalingPolicy", "type=1! value=2!:int32 periodSeconds=3!:int32"},
      {"MetricSpec",
       "type=1! object=2:ObjectMetricSource pods=3:PodsMetricSource resource=4:ResourceMetricSource "
       "external=5:ExternalMetricSource containerResource=7:ContainerResourceMetricSource"},
      {"ObjectMetricSource",
       "describedObject=1:CrossVersionObjectReference target=2:MetricTarget metric=3:MetricIdentifier"},
      {"PodsMetricSource", "metric=1:MetricIdentifier target=2:MetricTarget"},
      {"ResourceMetricSource", "name=1! target=2:MetricTarget"},
      {"ExternalMetricSource", "metric=1:MetricIdentifier target=2:MetricTarget"},
      {"ContainerResourceMetricSource", "name=1! target=2:MetricTarget container=3!"},
      {"MetricIdentifier", "name=1! selector=2:LabelSelector"},
      {"MetricTarget", "type=1! value=2:Quantity averageValue=3:Quantity averageUtilization=4!:int32"},
      {"HorizontalPodAutoscalerStatus",
       "observedGeneration=1!:int64 lastScaleTime=2:Time currentReplicas=3:int32 desiredReplicas=4!:int32 "
       "currentMetrics=5:[]MetricStatus conditions=6:[]HorizontalPodAutoscalerCondition@type"},
      {"HorizontalPodAutoscalerCondition",
       "type=1! status=2! lastTransitionTime=3:Time reason=4 message=5 observedGeneration=6!:int64"},
      {"MetricStatus",
       "type=1! object=2:ObjectMetricStatus pods=3:PodsMetricStatus resource=4:ResourceMetricStatus "
       "external=5:ExternalMetricStatus containerResource=7:ContainerResourceMetricStatus"},
      {"ObjectMetricStatus",
       "metric=1:MetricIdentifier current=2:MetricValueStatus describedObject=3:CrossVersionObjectReference"},
      {"PodsMetricStatus", "metric=1:MetricIdentifier current=2:MetricValueStatus"},
      {"ResourceMetricStatus", "name=1! current=2:MetricValueStatus"},
      {"ExternalMetricStatus", "metric=1:MetricIdentifier current=2:MetricValueStatus"},
      {"ContainerResourceMetricStatus", "name=1! current=2:MetricValueStatus container=3!"},
      {"MetricValueStatus", "value=1:Quantity averageValue=2:Quantity averageUtilization=3!:int32"},
  };
  return {"autoscaling/v2", "HorizontalPodAutoscaler", "", kRows};
}

GroupTable policy_table() {
  static constexpr MessageRow kRows[] = {
      {"PodDisruptionBudget",
       "metadata=1:ObjectMeta spec=2:PodDisruptionBudgetSpec status=3:PodDisruptionBudgetStatus"},
      {"PodDisruptionBudgetSpec",
       "minAvailable=1:IntOrString selector=2:LabelSelector@ maxUnavailable=3:IntOrString "
       "unhealthyPodEvictionPolicy=4!"},
      {"PodDisruptionBudgetStatus",
       "observedGeneration=1:int64 disruptedPods=2:{}Time disruptionsAllowed=3!:int32 "
       "currentHealthy=4!:int32 "
       "desiredHealthy=5!:int32 expectedPods=6!:int32 conditions=7:[]Condition@type"},
      {"Eviction", "metadata=1:ObjectMeta deleteOptions=2:DeleteOptions"},
  };
  return {"policy/v1", "PodDisruptionBudget", "Eviction", kRows};
}

GroupTable scheduling_table() {
  static constexpr MessageRow kRows[] = {
      {"PriorityClass",
       "metadata=1:ObjectMeta value=2!:int32 globalDefault=3:bool description=4 preemptionPolicy=5!"},
  };
  return {"scheduling.k8s.io/v1", "PriorityClass", "", kRows};
}

GroupTable node_table() {
  static constexpr MessageRow kRows[] = {
      {"RuntimeClass", "metadata=1:ObjectMeta handler=2! overhead=3:Overhead scheduling=4:Scheduling"},
      {"Overhead", "podFixed=1:{}Quantity"},
      {"Scheduling", "nodeSelector=1:{} tolerations=2:[]Toleration"},
  };
  return {"node.k8s.io/v1", "RuntimeClass", "", kRows};
}

}  // namespace kubevitals::sim
