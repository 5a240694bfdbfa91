package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	_ "time/tzdata" // This machine may have no time zones.

	"github.com/robfig/cron/v3"
	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1alpha1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	"github.com/tektoncd/pipeline/pkg/reconciler/pipeline/dag"
	"github.com/tektoncd/pipeline/pkg/substitution"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"
	webhookjson "knative.dev/pkg/webhook/json"
	"knative.dev/pkg/webhook/resourcesemantics"
	"sigs.k8s.io/yaml"
)

// question is one line of the input of `parity --ask`: which of Tekton's functions, and what to give it.
type question struct {
	Do      string                       `json:"do"`
	Text    string                       `json:"text"`
	Strings map[string]string            `json:"strings"`
	Arrays  map[string][]string          `json:"arrays"`
	Objects map[string]map[string]string `json:"objects"`
	Value   *v1.ParamValue               `json:"value"`
	When    v1.WhenExpressions           `json:"when"`
	Matrix  *v1.Matrix                   `json:"matrix"`
	Tasks   []v1.PipelineTask            `json:"tasks"`
	Object  json.RawMessage              `json:"object"`
	Zone    string                       `json:"zone"`
	After   time.Time                    `json:"after"`
	Count   int                          `json:"count"`
}

// answerAll writes one JSON line for each: {"answer": …} or {"error": "…"}.
func answerAll(ctx context.Context, from io.Reader, to io.Writer) error {
	in, out := json.NewDecoder(bufio.NewReader(from)), json.NewEncoder(to)
	for {
		var q question
		if err := in.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		line := map[string]any{}
		if answer, err := answer(ctx, q); err != nil {
			line["error"] = err.Error()
		} else {
			line["answer"] = answer
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
}

func answer(ctx context.Context, q question) (any, error) {
	switch q.Do {
	case "fields":
		return fieldTable(), nil
	case "text":
		return substitution.ApplyReplacements(q.Text, q.Strings), nil
	case "list":
		return substitution.ApplyArrayReplacements(q.Text, q.Strings, q.Arrays), nil
	case "value":
		q.Value.ApplyReplacements(q.Strings, q.Arrays, q.Objects)
		return q.Value, nil
	case "when":
		replaced := q.When.ReplaceVariables(q.Strings, q.Arrays)
		return map[string]any{"when": replaced, "allowed": replaced.AllowsExecution(nil)}, nil
	case "matrix":
		return q.Matrix.FanOut(), nil
	case "count":
		return q.Matrix.CountCombinations(), nil
	case "dag":
		tasks := v1.PipelineTaskList(q.Tasks)
		_, err := dag.Build(tasks, tasks.Deps())
		return tasks.Deps(), err
	case "object":
		return upToDate(ctx, q.Object)
	case "manifest":
		return manifest(q.Text)
	case "starts":
		return starts(q)
	}
	return nil, fmt.Errorf("%q is no question", q.Do)
}

// manifest is every object that Kubernetes' clients, helm among them, read in a text of YAML.
func manifest(text string) (any, error) {
	documents, err := split("-", strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	found := []any{}
	for _, d := range documents {
		var object any
		if err := yaml.Unmarshal(d.YAML, &object); err != nil {
			return nil, err
		}
		if object != nil {
			found = append(found, object)
		}
	}
	return found, nil
}

// starts asks what the CronJob controller asks: when a schedule starts in a time zone.
func starts(q question) (any, error) {
	zone, err := time.LoadLocation(q.Zone)
	if err != nil {
		return nil, err
	}
	schedule, err := cron.ParseStandard(q.Text)
	if err != nil {
		return nil, err
	}
	found := []string{}
	for at := q.After.In(zone); len(found) < q.Count; {
		if at = schedule.Next(at); at.IsZero() {
			break
		}
		found = append(found, at.UTC().Format(time.RFC3339))
	}
	return found, nil
}

// upToDate is what Tekton stores of an object and later works with: defaults set, then converted to the storage version.
func upToDate(ctx context.Context, raw json.RawMessage) (any, error) {
	var meta metav1.PartialObjectMetadata
	if err := webhookjson.Unmarshal(raw, &meta); err != nil {
		return nil, err
	}
	create, known := kinds[meta.APIVersion+"/"+meta.Kind]
	if !known {
		return nil, fmt.Errorf("Tekton serves no %s %s", meta.APIVersion, meta.Kind)
	}
	object := create()
	if err := webhookjson.Decode(raw, object, true); err != nil {
		return nil, err
	}
	object.SetDefaults(ctx)
	var stored resourcesemantics.GenericCRD
	switch object.(type) {
	case *v1beta1.Task:
		stored = &v1.Task{}
	case *v1beta1.Pipeline:
		stored = &v1.Pipeline{}
	case *v1beta1.TaskRun:
		stored = &v1.TaskRun{}
	case *v1beta1.PipelineRun:
		stored = &v1.PipelineRun{}
	case *v1alpha1.StepAction:
		stored = &v1beta1.StepAction{}
	default:
		return object, nil
	}
	if err := object.(apis.Convertible).ConvertTo(ctx, stored.(apis.Convertible)); err != nil {
		return nil, err
	}
	stored.SetDefaults(ctx)
	return stored, nil
}
