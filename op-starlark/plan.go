package main

import (
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// plan is what a file says: phases with items, or environments.
type plan struct {
	phases []phase
	// Items that are in no phase yet, in order.
	loose []*item
	// By key, where it is made.
	known      map[string]string
	registered []any
}

type phase struct {
	Name  string  `json:"name"`
	Items []*item `json:"items"`
}

// item is a call or a deployment.
type item struct {
	// task/NAME or deploy/ENVIRONMENT.
	Key string `json:"key"`
	// file:line:column.
	At     string           `json:"at"`
	Inputs map[string]input `json:"inputs"`
	// By what they do: call, or up and down.
	Functions map[string]string `json:"functions"`
	functions map[string]starlark.Callable
	placed    bool
}

// input is a value, or a reference with or without a default.
type input struct {
	Ref     string `json:"ref,omitempty"`
	Default any    `json:"default,omitempty"`
	Value   any    `json:"value,omitempty"`
}

func (i *item) String() string        { return fmt.Sprintf("item(%q)", i.Key) }
func (i *item) Type() string          { return "item" }
func (i *item) Freeze()               {}
func (i *item) Truth() starlark.Bool  { return true }
func (i *item) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: item") }

// endOfPackage gives the plan. Items that no phase names get one each.
func (p *program) endOfPackage() any {
	p.placeLoose()
	return map[string]any{"phases": append([]phase{}, p.plan.phases...), "registered": append([]any{}, p.plan.registered...)}
}

// placeLoose gives each item that no phase has named a phase of its own.
func (p *program) placeLoose() {
	for _, one := range p.plan.loose {
		if !one.placed {
			one.placed = true
			p.plan.phases = append(p.plan.phases, phase{strings.TrimPrefix(one.Key, "task/"), []*item{one}})
		}
	}
	p.plan.loose = nil
}

func (p *program) phase(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var work, tasks starlark.Iterable = starlark.NewList(nil), starlark.NewList(nil)
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "name", &name, "work?", &work, "tasks?", &tasks); err != nil {
		return nil, err
	}
	made := phase{name, []*item{}}
	for _, list := range []starlark.Iterable{work, tasks} {
		iterator := list.Iterate()
		var element starlark.Value
		for iterator.Next(&element) {
			one, ok := element.(*item)
			if !ok {
				iterator.Done()
				return nil, fmt.Errorf("phase: got %s in its list, want what task, call or deploy gives", element.Type())
			}
			if one.placed {
				iterator.Done()
				return nil, fmt.Errorf("%s (%s) is in two phases", one.Key, one.At)
			}
			one.placed = true
			made.Items = append(made.Items, one)
		}
		iterator.Done()
	}
	p.placeLoose()
	p.plan.phases = append(p.plan.phases, made)
	return starlark.None, nil
}

func (p *program) task(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var fn *starlark.Function
	var name, annotation string
	inputs := new(starlark.Dict)
	err := starlark.UnpackArgs(b.Name(), args, kwargs, "fn", &fn, "name", &name, "annotation?", &annotation, "inputs?", &inputs)
	if err != nil {
		return nil, err
	}
	if err := p.check(thread, "item", name); err != nil {
		return nil, err
	}
	made := &item{Key: "task/" + name, functions: map[string]starlark.Callable{"call": fn}}
	return made, p.add(thread, made, inputs, nil)
}

func (p *program) deploy(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var to *starlarkstruct.Struct
	var up, down *starlark.Function
	inputs := new(starlark.Dict)
	err := starlark.UnpackArgs(b.Name(), args, kwargs, "environment", &to, "up", &up, "down", &down, "inputs?", &inputs)
	if err != nil {
		return nil, err
	}
	name, err := environmentName(to)
	if err != nil {
		return nil, err
	}
	if _, found, _ := inputs.Get(starlark.String("environment")); found {
		return nil, errors.New("environment cannot be given: it is an input of every deployment")
	}
	made := &item{Key: "deploy/" + name, functions: map[string]starlark.Callable{"up": up, "down": down}}
	return made, p.add(thread, made, inputs, []string{"environment"})
}

// add takes an item into the plan. own are the inputs that op gives it.
func (p *program) add(thread *starlark.Thread, made *item, inputs *starlark.Dict, own []string) error {
	made.At = callerOf(thread)
	if p.plan.known == nil {
		p.plan.known = map[string]string{}
	}
	if before, found := p.plan.known[made.Key]; found {
		return fmt.Errorf("%s is there twice: it is made at %s, too", made.Key, before)
	}
	p.plan.known[made.Key] = made.At
	var err error
	if made.Inputs, err = p.inputs(thread, inputs); err != nil {
		return err
	}
	names := append(sortedKeys(made.Inputs), own...)
	made.Functions = map[string]string{}
	for _, does := range sortedKeys(made.functions) {
		function := made.functions[does].(*starlark.Function)
		if err := accepts(function, names); err != nil {
			return err
		}
		made.Functions[does] = fmt.Sprintf("%s (%s)", function.Name(), placeOf(function.Position()))
	}
	p.plan.loose = append(p.plan.loose, made)
	return nil
}

// inputs reads what task, deploy and next are given: values, and what ref and input give.
func (p *program) inputs(thread *starlark.Thread, given *starlark.Dict) (map[string]input, error) {
	read := map[string]input{}
	for _, pair := range given.Items() {
		name, ok := starlark.AsString(pair[0])
		if !ok {
			return nil, fmt.Errorf("the name of an input is a %s, not a string", pair[0].Type())
		}
		if err := p.check(thread, "input", name); err != nil {
			return nil, err
		}
		one, err := inputOf(pair[1])
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", name, err)
		}
		read[name] = one
	}
	return read, nil
}

// inputOf reads one input. As in the SDK, a dict with ref, default or value is a description of one.
func inputOf(given starlark.Value) (input, error) {
	described, ok := given.(*starlark.Dict)
	if !ok {
		value, err := toJSON(given)
		return input{Value: value}, err
	}
	fields, isDescription := map[string]any{}, false
	for _, name := range []string{"ref", "default", "value"} {
		field, found, _ := described.Get(starlark.String(name))
		if !found {
			continue
		}
		isDescription = true
		value, err := toJSON(field)
		if err != nil {
			return input{}, err
		}
		fields[name] = value
	}
	if !isDescription {
		value, err := toJSON(described)
		return input{Value: value}, err
	}
	if ref, ok := fields["ref"].(string); ok {
		return input{Ref: ref, Default: fields["default"]}, nil
	}
	if fields["value"] != nil {
		return input{Value: fields["value"]}, nil
	}
	return input{Value: fields["default"]}, nil
}

// takesContext says whether a function has the parameter ctx, and no other that must be given.
func takesContext(fn *starlark.Function) bool {
	required := requiredOf(fn)
	return len(required) == 1 && required[0] == "ctx"
}

func requiredOf(fn *starlark.Function) []string {
	required := []string{}
	for i := range plainParams(fn) {
		if fn.ParamDefault(i) == nil {
			name, _ := fn.Param(i)
			required = append(required, name)
		}
	}
	return required
}

// plainParams is the number of parameters without *args and **kwargs.
func plainParams(fn *starlark.Function) int {
	count := fn.NumParams()
	if fn.HasVarargs() {
		count--
	}
	if fn.HasKwargs() {
		count--
	}
	return count
}

// accepts says what is wrong when a function cannot be called with these inputs.
func accepts(fn *starlark.Function, inputs []string) error {
	if takesContext(fn) {
		return nil
	}
	params, given := map[string]bool{}, map[string]bool{}
	for i := range plainParams(fn) {
		name, _ := fn.Param(i)
		params[name] = true
	}
	for _, name := range inputs {
		given[name] = true
		if !params[name] && !fn.HasKwargs() {
			return fmt.Errorf("%s (%s) has no parameter for the input %s", fn.Name(), placeOf(fn.Position()), name)
		}
	}
	for _, name := range requiredOf(fn) {
		if !given[name] {
			return fmt.Errorf("%s (%s) needs %s, which is no input and has no default", fn.Name(), placeOf(fn.Position()), name)
		}
	}
	return nil
}
