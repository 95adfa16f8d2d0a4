// discovery.k8s.io/v1, networking.k8s.io/v1, coordination.k8s.io/v1, events.k8s.io/v1.
#include "sim/schema_tables.h"

namespace kubevitals::sim {

GroupTable discovery_table() {
  static constexpr MessageRow kRows[] = {
      {"EndpointSlice", "metadata=1:ObjectMeta endpoints=2:[]Endpoint ports=3:[]EndpointPort addressType=4!"},
      {"Endpoint",
       "addresses=1:[] conditions=2:EndpointConditions hostname=3! targetRef=4:ObjectReference "
       "deprecatedTopology=5:{} "
       "nodeName=6! zone=7! hints=8:EndpointHints"},
      {"EndpointConditions", "ready=1!:bool serving=2!:bool terminating=3!:bool"},
      {"EndpointHints", "forZones=1:[]ForZone forNodes=2:[]ForNode"},
      {"ForZone", "name=1!"},
      {"ForNode", "name=1!"},
      {"EndpointPort", "name=1! protocol=2! port=3!:int32 appProtocol=4!"},
  };
  return {"discovery.k8s.io/v1", "EndpointSlice", "", kRows};
}

GroupTable networking_table() {
  static constexpr MessageRow kRows[] = {
      {"Ingress", "metadata=1:ObjectMeta spec=2:IngressSpec status=3:IngressStatus"},
      {"IngressSpec",
       "defaultBackend=1:IngressBackend tls=2:[]IngressTLS rules=3:[]IngressRule ingressClassName=4!"},
      {"IngressBackend", "resource=3:TypedLocalObjectReference service=4:IngressServiceBackend"},
      {"IngressServiceBackend", "name=1! port=2:ServiceBackendPort"},
      {"ServiceBackendPort", "name=1 number=2:int32"},
      {"IngressTLS", "hosts=1:[] secretName=2"},
      {"IngressRule", "host=1 .=2:IngressRuleValue"},
      {"IngressRuleValue", "http=1:HTTPIngressRuleValue"},
      {"HTTPIngressRuleValue", "paths=1:[]HTTPIngressPath"},
      {"HTTPIngressPath", "path=1 backend=2:IngressBackend pathType=3!"},
      {"IngressStatus", "loadBalancer=1:IngressLoadBalancerStatus"},
      {"IngressLoadBalancerStatus", "ingress=1:[]IngressLoadBalancerIngress"},
      {"IngressLoadBalancerIngress", "ip=1 hostname=2 ports=4:[]IngressPortStatus"},
      {"IngressPortStatus", "port=1!:int32 protocol=2! error=3!"},
      {"IngressClass", "metadata=1:ObjectMeta spec=2:IngressClassSpec"},
      {"IngressClassSpec", "controller=1 parameters=2:IngressClassParametersReference"},
      {"IngressClassParametersReference", "apiGroup=1! kind=2! name=3! scope=4! namespace=5!"},
      {"NetworkPolicy", "metadata=1:ObjectMeta spec=2:NetworkPolicySpec"},
      {"NetworkPolicySpec",
       "podSelector=1:LabelSelector ingress=2:[]NetworkPolicyIngressRule egress=3:[]NetworkPolicyEgressRule "
       "policyTypes=4:[]"},
      {"NetworkPolicyIngressRule", "ports=1:[]NetworkPolicyPort from=2:[]NetworkPolicyPeer"},
      {"NetworkPolicyEgressRule", "ports=1:[]NetworkPolicyPort to=2:[]NetworkPolicyPeer"},
      {"NetworkPolicyPort", "protocol=1! port=2:IntOrString endPort=3!:int32"},
      {"NetworkPolicyPeer",
       "podSelector=1:LabelSelector namespaceSelector=2:LabelSelector ipBlock=3:IPBlock"},
      {"IPBlock", "cidr=1! except=2:[]"},
      {"IPAddress", "metadata=1:ObjectMeta spec=2:IPAddressSpec"},
      {"IPAddressSpec", "parentRef=1:ParentReference"},
      {"ParentReference", "group=1 resource=2 namespace=3 name=4"},
      {"ServiceCIDR", "metadata=1:ObjectMeta spec=2:ServiceCIDRSpec status=3:ServiceCIDRStatus"},
      {"ServiceCIDRSpec", "cidrs=1:[]"},
      {"ServiceCIDRStatus", "conditions=1:[]Condition@type"},
  };
  return {"networking.k8s.io/v1", "Ingress IngressClass NetworkPolicy IPAddress ServiceCIDR", "", kRows};
}

GroupTable coordination_table() {
  static constexpr MessageRow kRows[] = {
      {"Lease", "metadata=1:ObjectMeta spec=2:LeaseSpec"},
      {"LeaseSpec",
       "holderIdentity=1! leaseDurationSeconds=2!:int32 acquireTime=3:MicroTime renewTime=4:MicroTime "
       "leaseTransitions=5!:int32 strategy=6! preferredHolder=7!"},
  };
  return {"coordination.k8s.io/v1", "Lease", "", kRows};
}

GroupTable events_table() {
  static constexpr MessageRow kRows[] = {
      {"Event",
       "metadata=1:ObjectMeta eventTime=2:MicroTime series=3:EventSeries reportingController=4 "
       "reportingInstance=5 "
       "action=6 reason=7 regarding=8:ObjectReference related=9:ObjectReference note=10 type=11 "
       "deprecatedSource=12:EventSource deprecatedFirstTimestamp=13:Time deprecatedLastTimestamp=14:Time "
       "deprecatedCount=15:int32"},
      {"EventSeries", "count=1!:int32 lastObservedTime=2:MicroTime"},
  };
  return {"events.k8s.io/v1", "Event", "", kRows};
}

}  // namespace kubevitals::sim
