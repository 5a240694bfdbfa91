package main

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1alpha1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
)

// roots are the objects that local runs read. StepAction has no v1.
var roots = map[string]any{
	"tekton.dev/v1/Task":             v1.Task{},
	"tekton.dev/v1/Pipeline":         v1.Pipeline{},
	"tekton.dev/v1/TaskRun":          v1.TaskRun{},
	"tekton.dev/v1/PipelineRun":      v1.PipelineRun{},
	"tekton.dev/v1beta1/Task":        v1beta1.Task{},
	"tekton.dev/v1beta1/Pipeline":    v1beta1.Pipeline{},
	"tekton.dev/v1beta1/TaskRun":     v1beta1.TaskRun{},
	"tekton.dev/v1beta1/PipelineRun": v1beta1.PipelineRun{},
	"tekton.dev/v1beta1/StepAction":  v1beta1.StepAction{},
	"tekton.dev/v1alpha1/StepAction": v1alpha1.StepAction{},
}

// fieldTable says for every Go type that these objects reach which fields it has and of which type:
// a scalar, "any", a name in the table, or one of these behind "[]" (a list) or "{}" (a map).
// "status" is not followed: it is what Tekton writes.
func fieldTable() map[string]map[string]string {
	table := map[string]map[string]string{"": {}}
	for name, root := range roots {
		table[""][name] = describe(reflect.TypeOf(root), table)
	}
	return table
}

func describe(t reflect.Type, table map[string]map[string]string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.String() {
	case "v1.ParamValue", "v1beta1.ParamValue":
		return "value"
	case "v1.Duration":
		return "duration"
	case "v1.Time", "v1.MicroTime":
		return "time"
	case "resource.Quantity":
		return "quantity"
	case "intstr.IntOrString":
		return "int-or-string"
	}
	pointer := reflect.New(t).Interface()
	_, ownJSON := pointer.(json.Unmarshaler)
	_, ownText := pointer.(encoding.TextUnmarshaler)
	switch {
	case ownJSON || ownText:
		return "any"
	case t.Kind() == reflect.String, t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return "string"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return "integer"
	case t.Kind() == reflect.Slice:
		return "[]" + describe(t.Elem(), table)
	case t.Kind() == reflect.Map:
		return "{}" + describe(t.Elem(), table)
	case t.Kind() != reflect.Struct:
		return "any"
	}
	name := typeName(t)
	if _, done := table[name]; !done {
		table[name] = map[string]string{}
		addFields(t, table[name], table)
	}
	return name
}

func addFields(t reflect.Type, into map[string]string, table map[string]map[string]string) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || (!field.IsExported() && !field.Anonymous):
		case field.Anonymous && (name == "" || strings.Contains(options, "inline")):
			inner := field.Type
			for inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			addFields(inner, into, table)
		case name == "status" && field.Type.Kind() == reflect.Struct:
			into[name] = "any"
		case name == "":
			into[field.Name] = describe(field.Type, table)
		default:
			into[name] = describe(field.Type, table)
		}
	}
}

// typeName is `v1.Step` for Tekton's own types and `core/v1.Volume` for others.
func typeName(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	if strings.Contains(t.PkgPath(), "/apis/pipeline/") {
		parts = parts[len(parts)-1:]
	} else if len(parts) > 2 {
		parts = parts[len(parts)-2:]
	}
	return strings.Join(parts, "/") + "." + t.Name()
}
