package main

import (
	"encoding/json"
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// handed is what next gives: the function that goes on, with its inputs.
type handed struct {
	fn     *starlark.Function
	inputs map[string]input
}

// ended is what done gives.
type ended struct {
	Outputs any `json:"outputs"`
}

func (handed) String() string        { return "next" }
func (handed) Type() string          { return "next" }
func (handed) Freeze()               {}
func (handed) Truth() starlark.Bool  { return true }
func (handed) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: next") }

func (ended) String() string        { return "done" }
func (ended) Type() string          { return "done" }
func (ended) Freeze()               {}
func (ended) Truth() starlark.Bool  { return true }
func (ended) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: done") }

// mostHandOffs is how many functions one run of an item may go through.
const mostHandOffs = 100

// call runs what an item does, and the functions that it hands off to.
func (p *program) call(thread *starlark.Thread) (any, error) {
	p.placeLoose()
	fn := p.functionOf(p.Item, p.Action)
	if fn == nil {
		return nil, fmt.Errorf("%s has no %s of %s any more", p.File, p.Action, p.Item)
	}
	given, err := fromJSON(thread, p.Inputs)
	if err != nil {
		return nil, err
	}
	inputs, ok := given.(*starlark.Dict)
	if !ok {
		return nil, fmt.Errorf("the inputs of a call are a %s", given.Type())
	}
	for range mostHandOffs {
		returned, err := callWith(thread, fn, inputs)
		if err != nil {
			return nil, err
		}
		switch returned := returned.(type) {
		case starlark.NoneType:
			return ended{Outputs: map[string]any{}}, nil
		case ended:
			return returned, nil
		case handed:
			fn = returned.fn
			if inputs, err = p.valuesOf(thread, returned.inputs); err != nil {
				return nil, fmt.Errorf("%s (%s) cannot be called: %w", fn.Name(), placeOf(fn.Position()), err)
			}
		default:
			return nil, fmt.Errorf("%s (%s) returned a %s, not done(…) or next(…)", fn.Name(), placeOf(fn.Position()), returned.Type())
		}
	}
	return nil, fmt.Errorf("it hands off more than %d times", mostHandOffs)
}

func (p *program) functionOf(key, action string) *starlark.Function {
	for _, phase := range p.plan.phases {
		for _, one := range phase.Items {
			if one.Key == key {
				fn, _ := one.functions[action].(*starlark.Function)
				return fn
			}
		}
	}
	return nil
}

// callWith gives a function its inputs: as the parameter ctx, or as parameters.
func callWith(thread *starlark.Thread, fn *starlark.Function, inputs *starlark.Dict) (starlark.Value, error) {
	if takesContext(fn) {
		fields := starlark.StringDict{}
		for _, pair := range inputs.Items() {
			name, _ := starlark.AsString(pair[0])
			fields[name] = pair[1]
		}
		context := starlarkstruct.FromStringDict(starlarkstruct.Default, starlark.StringDict{
			"inputs": starlarkstruct.FromStringDict(starlarkstruct.Default, fields),
		})
		return starlark.Call(thread, fn, starlark.Tuple{context}, nil)
	}
	return starlark.Call(thread, fn, nil, inputs.Items())
}

// valuesOf gives the inputs of a function that was handed off to: references have the value that they have now.
func (p *program) valuesOf(thread *starlark.Thread, inputs map[string]input) (*starlark.Dict, error) {
	values := new(starlark.Dict)
	for _, name := range sortedKeys(inputs) {
		one := inputs[name]
		text, err := json.Marshal(one.Value)
		if one.Ref != "" {
			text, err = p.op.ask(thread, "value", map[string]any{"ref": one.Ref, "default": one.Default})
		}
		if err != nil {
			return nil, err
		}
		value, err := fromJSON(thread, text)
		if err != nil {
			return nil, err
		}
		if err := values.SetKey(starlark.String(name), value); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (p *program) done(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var annotation string
	outputs, tags, watch := new(starlark.Dict), starlark.NewList(nil), starlark.NewList(nil)
	err := starlark.UnpackArgs(b.Name(), args, kwargs, "annotation?", &annotation, "outputs?", &outputs, "tags?", &tags, "watch?", &watch)
	if err != nil {
		return nil, err
	}
	if watch.Len() > 0 {
		return nil, fmt.Errorf("watch is not taken over: op has no command push that would read it")
	}
	var end ended
	if end.Outputs, err = toJSON(outputs); err != nil {
		return nil, fmt.Errorf("outputs: %w", err)
	}
	for i := range tags.Len() {
		tag, ok := starlark.AsString(tags.Index(i))
		if !ok {
			return nil, fmt.Errorf("a tag is a %s, not a string", tags.Index(i).Type())
		}
		if err := p.check(thread, "tag", tag); err != nil {
			return nil, err
		}
	}
	return end, nil
}

func (p *program) next(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var fn *starlark.Function
	var annotation string
	given := new(starlark.Dict)
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "fn", &fn, "annotation?", &annotation, "inputs?", &given); err != nil {
		return nil, err
	}
	inputs, err := p.inputs(thread, given)
	if err != nil {
		return nil, err
	}
	return handed{fn, inputs}, accepts(fn, sortedKeys(inputs))
}
