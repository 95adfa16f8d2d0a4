// rbac.authorization.k8s.io/v1, certificates.k8s.io/v1, admissionregistration.k8s.io/v1,
// authentication.k8s.io/v1, authorization.k8s.io/v1.
#include "sim/schema_tables.h"

namespace kubevitals::sim {

GroupTable rbac_table() {
  static constexpr MessageRow kRows[] = {
      {"Role", "metadata=1:ObjectMeta rules=2:[]PolicyRule"},
      {"ClusterRole", "metadata=1:ObjectMeta rules=2:[]PolicyRule aggregationRule=3:AggregationRule"},
      {"PolicyRule", "verbs=1:[] apiGroups=2:[] resources=3:[] resourceNames=4:[] nonResourceURLs=5:[]"},
      {"AggregationRule", "clusterRoleSelectors=1:[]LabelSelector"},
      {"RoleBinding", "metadata=1:ObjectMeta subjects=2:[]Subject roleRef=3:RoleRef"},
      {"ClusterRoleBinding", "metadata=1:ObjectMeta subjects=2:[]Subject roleRef=3:RoleRef"},
      {"Subject", "kind=1! apiGroup=2 name=3! namespace=4"},
      {"RoleRef", "apiGroup=1! kind=2! name=3!"},
  };
  return {"rbac.authorization.k8s.io/v1", "Role ClusterRole RoleBinding ClusterRoleBinding", "", kRows};
}

GroupTable certificates_table() {
  static constexpr MessageRow kRows[] = {
      {"CertificateSigningRequest",
       "metadata=1:ObjectMeta spec=2:CertificateSigningRequestSpec status=3:CertificateSigningRequestStatus"},
      {"CertificateSigningRequestSpec",
       "request=1:bytes username=2 uid=3 groups=4:[] usages=5:[] extra=6:{}Items signerName=7! "
       "expirationSeconds=8!:int32"},
      {"CertificateSigningRequestStatus",
       "conditions=1:[]CertificateSigningRequestCondition certificate=2:bytes"},
      {"CertificateSigningRequestCondition",
       "type=1! reason=2 message=3 lastUpdateTime=4:Time lastTransitionTime=5:Time status=6!"},
  };
  return {"certificates.k8s.io/v1", "CertificateSigningRequest", "", kRows};
}

GroupTable admission_table() {
  static constexpr MessageRow kRows[] = {
      {"ValidatingWebhookConfiguration", "metadata=1:ObjectMeta webhooks=2:[]ValidatingWebhook@name"},
      {"ValidatingWebhook",
       "name=1! clientConfig=2:WebhookClientConfig rules=3:[]RuleWithOperations failurePolicy=4! "
       "namespaceSelector=5:LabelSelector sideEffects=6! timeoutSeconds=7!:int32 "
       "admissionReviewVersions=8:[] "
       "matchPolicy=9! objectSelector=10:LabelSelector matchConditions=11:[]MatchCondition@name"},
      {"MutatingWebhookConfiguration", "metadata=1:ObjectMeta webhooks=2:[]MutatingWebhook@name"},
      {"MutatingWebhook",
       "name=1! clientConfig=2:WebhookClientConfig rules=3:[]RuleWithOperations failurePolicy=4! "
       "namespaceSelector=5:LabelSelector sideEffects=6! timeoutSeconds=7!:int32 "
       "admissionReviewVersions=8:[] "
       "matchPolicy=9! reinvocationPolicy=10! objectSelector=11:LabelSelector "
       "matchConditions=12:[]MatchCondition@name"},
      {"WebhookClientConfig", "service=1:ServiceReference caBundle=2:bytes url=3!"},
      {"ServiceReference", "namespace=1! name=2! path=3! port=4!:int32"},
      {"RuleWithOperations", "operations=1:[] .=2:Rule"},
      {"Rule", "apiGroups=1:[] apiVersions=2:[] resources=3:[] scope=4!"},
      {"MatchCondition", "name=1! expression=2!"},
      {"ValidatingAdmissionPolicy",
       "metadata=1:ObjectMeta spec=2:ValidatingAdmissionPolicySpec status=3:ValidatingAdmissionPolicyStatus"},
      {"ValidatingAdmissionPolicySpec",
       "paramKind=1:ParamKind matchConstraints=2:MatchResources validations=3:[]Validation failurePolicy=4! "
       "auditAnnotations=5:[]AuditAnnotation matchConditions=6:[]MatchCondition@name "
       "variables=7:[]Variable@name"},
      {"ValidatingAdmissionPolicyStatus",
       "observedGeneration=1:int64 typeChecking=2:TypeChecking conditions=3:[]Condition"},
      {"TypeChecking", "expressionWarnings=1:[]ExpressionWarning"},
      {"ExpressionWarning", "fieldRef=2! warning=3!"},
      {"ParamKind", "apiVersion=1 kind=2"},
      {"MatchResources",
       "namespaceSelector=1:LabelSelector objectSelector=2:LabelSelector "
       "resourceRules=3:[]NamedRuleWithOperations "
       "excludeResourceRules=4:[]NamedRuleWithOperations matchPolicy=7!"},
      {"NamedRuleWithOperations", "resourceNames=1:[] .=2:RuleWithOperations"},
      {"Validation", "expression=1! message=2 reason=3! messageExpression=4"},
      {"AuditAnnotation", "key=1! valueExpression=2!"},
      {"Variable", "name=1! expression=2!"},
      {"ValidatingAdmissionPolicyBinding",
       "metadata=1:ObjectMeta spec=2:ValidatingAdmissionPolicyBindingSpec"},
      {"ValidatingAdmissionPolicyBindingSpec",
       "policyName=1 paramRef=2:ParamRef matchResources=3:MatchResources validationActions=4:[]"},
      {"ParamRef", "name=1 namespace=2 selector=3:LabelSelector parameterNotFoundAction=4!"},
  };
  return {"admissionregistration.k8s.io/v1",
          "ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy "
          "ValidatingAdmissionPolicyBinding",
          "", kRows};
}

GroupTable authentication_table() {
  static constexpr MessageRow kRows[] = {
      {"TokenReview", "metadata=1:ObjectMeta spec=2:TokenReviewSpec status=3:TokenReviewStatus"},
      {"TokenReviewSpec", "token=1 audiences=2:[]"},
      {"TokenReviewStatus", "authenticated=1:bool user=2:UserInfo error=3 audiences=4:[]"},
      {"UserInfo", "username=1 uid=2 groups=3:[] extra=4:{}Items"},
      {"TokenRequest", "metadata=1:ObjectMeta spec=2:TokenRequestSpec status=3:TokenRequestStatus"},
      {"TokenRequestSpec",
       "audiences=1:[] boundObjectRef=3:BoundObjectReference expirationSeconds=4!:int64 "
       "attestations=5:{}Items"},
      {"BoundObjectReference", "kind=1 apiVersion=2 name=3 uid=4"},
      {"TokenRequestStatus", "token=1! expirationTimestamp=2:Time"},
      {"SelfSubjectReview", "metadata=1:ObjectMeta status=2:SelfSubjectReviewStatus"},
      {"SelfSubjectReviewStatus", "userInfo=1:UserInfo"},
  };
  return {"authentication.k8s.io/v1", "", "TokenReview TokenRequest SelfSubjectReview", kRows};
}

GroupTable authorization_table() {
  static constexpr MessageRow kRows[] = {
      {"SubjectAccessReview",
       "metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus"},
      {"LocalSubjectAccessReview",
       "metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus"},
      {"SelfSubjectAccessReview",
       "metadata=1:ObjectMeta spec=2:SelfSubjectAccessReviewSpec status=3:SubjectAccessReviewStatus"},
      {"SubjectAccessReviewSpec",
       "resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes user=3 "
       "groups=4:[] "
       "extra=5:{}Items uid=6"},
      {"SelfSubjectAccessReviewSpec",
       "resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes"},
      {"SubjectAccessReviewStatus", "allowed=1!:bool reason=2 evaluationError=3 denied=4:bool"},
      {"ResourceAttributes",
       "namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7 "
       "fieldSelector=8:FieldSelectorAttributes "
       "labelSelector=9:LabelSelectorAttributes"},
      {"FieldSelectorAttributes", "rawSelector=1 requirements=2:[]FieldSelectorRequirement"},
      {"LabelSelectorAttributes", "rawSelector=1 requirements=2:[]LabelSelectorRequirement"},
      {"NonResourceAttributes", "path=1 verb=2"},
      {"SelfSubjectRulesReview",
       "metadata=1:ObjectMeta spec=2:SelfSubjectRulesReviewSpec status=3:SubjectRulesReviewStatus"},
      {"SelfSubjectRulesReviewSpec", "namespace=1"},
      {"SubjectRulesReviewStatus",
       "resourceRules=1:[]ResourceRule nonResourceRules=2:[]NonResourceRule incomplete=3!:bool "
       "evaluationError=4"},
      {"ResourceRule", "verbs=1:[] apiGroups=2:[] resources=3:[] resourceNames=4:[]"},
      {"NonResourceRule", "verbs=1:[] nonResourceURLs=2:[]"},
  };
  return {"authorization.k8s.io/v1", "",
          "SubjectAccessReview LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview",
          kRows};
}

}  // namespace kubevitals::sim
