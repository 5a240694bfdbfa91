package main

import (
	"context"
	"strings"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1alpha1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"
	webhookjson "knative.dev/pkg/webhook/json"
	"knative.dev/pkg/webhook/resourcesemantics"
	"sigs.k8s.io/yaml"
)

// kinds is what Tekton's own webhook serves of the pipeline group (cmd/webhook/main.go).
var kinds = map[string]func() resourcesemantics.GenericCRD{
	"tekton.dev/v1/Task":                     func() resourcesemantics.GenericCRD { return &v1.Task{} },
	"tekton.dev/v1/Pipeline":                 func() resourcesemantics.GenericCRD { return &v1.Pipeline{} },
	"tekton.dev/v1/TaskRun":                  func() resourcesemantics.GenericCRD { return &v1.TaskRun{} },
	"tekton.dev/v1/PipelineRun":              func() resourcesemantics.GenericCRD { return &v1.PipelineRun{} },
	"tekton.dev/v1beta1/StepAction":          func() resourcesemantics.GenericCRD { return &v1beta1.StepAction{} },
	"tekton.dev/v1alpha1/StepAction":         func() resourcesemantics.GenericCRD { return &v1alpha1.StepAction{} },
	"tekton.dev/v1beta1/Task":                func() resourcesemantics.GenericCRD { return &v1beta1.Task{} },
	"tekton.dev/v1beta1/Pipeline":            func() resourcesemantics.GenericCRD { return &v1beta1.Pipeline{} },
	"tekton.dev/v1beta1/TaskRun":             func() resourcesemantics.GenericCRD { return &v1beta1.TaskRun{} },
	"tekton.dev/v1beta1/PipelineRun":         func() resourcesemantics.GenericCRD { return &v1beta1.PipelineRun{} },
	"tekton.dev/v1beta1/CustomRun":           func() resourcesemantics.GenericCRD { return &v1beta1.CustomRun{} },
	"tekton.dev/v1alpha1/VerificationPolicy": func() resourcesemantics.GenericCRD { return &v1alpha1.VerificationPolicy{} },
}

// Verdict is one line of the output. Errors is empty, never null, when OK.
type Verdict struct {
	File   string   `json:"file"`
	Index  int      `json:"index"`
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	OK     bool     `json:"ok"`
	Errors []string `json:"errors"`
}

// admit does what the two webhooks do one after the other: decode strictly, set defaults, validate.
// The second value is false for a document that is none of Tekton's business.
func admit(ctx context.Context, d document) (Verdict, bool) {
	verdict := Verdict{File: d.File, Index: d.Index, Errors: []string{}}
	raw, err := yaml.YAMLToJSONStrict(d.YAML)
	if err != nil {
		return verdict.refuse("not YAML: " + err.Error()), true
	}
	var meta metav1.PartialObjectMetadata
	if err := webhookjson.Unmarshal(raw, &meta); err != nil {
		return verdict.refuse("not a Kubernetes object: " + err.Error()), true
	}
	verdict.Kind, verdict.Name = meta.Kind, meta.Name
	if meta.Kind == "" && meta.APIVersion == "" && string(raw) == "null" {
		return verdict, false // only comments
	}
	if !strings.HasPrefix(meta.APIVersion, "tekton.dev/") {
		return verdict, false
	}
	create, known := kinds[meta.APIVersion+"/"+meta.Kind]
	if !known {
		return verdict.refuse("Tekton serves no " + meta.APIVersion + " " + meta.Kind), true
	}
	object := create()
	if err := webhookjson.Decode(raw, object, true); err != nil {
		return verdict.refuse("decoding request failed: " + err.Error()), true
	}
	nameGenerated(object)
	object.SetDefaults(ctx)
	errors := object.Validate(ctx).Filter(apis.ErrorLevel)
	for _, e := range errors.WrappedErrors() {
		verdict.Errors = append(verdict.Errors, e.Error())
	}
	verdict.OK = len(verdict.Errors) == 0
	return verdict, true
}

func (v Verdict) refuse(why string) Verdict {
	v.Errors = append(v.Errors, why)
	return v
}

// nameGenerated fills the name that the API server has already made from generateName when webhooks are asked:
// the first 58 characters and five random ones.
func nameGenerated(object resourcesemantics.GenericCRD) {
	meta, ok := object.(metav1.Object)
	if !ok || meta.GetName() != "" || meta.GetGenerateName() == "" {
		return
	}
	base := meta.GetGenerateName()
	if len(base) > 58 {
		base = base[:58]
	}
	meta.SetName(base + "x5x5x")
}
