package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	starjson "go.starlark.net/lib/json"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// deepest is how far values that leave the program may be nested; a value that contains itself is nested without end.
const deepest = 100

// largestInteger is the largest one that every reader of JSON keeps as it is.
const largestInteger = 1<<53 - 1

// toJSON gives a value as encoding/json knows it.
func toJSON(value starlark.Value) (any, error) { return toJSONWithin(value, deepest) }

func toJSONWithin(value starlark.Value, depth int) (any, error) {
	if depth == 0 {
		return nil, fmt.Errorf("a value is nested more than %d times", deepest)
	}
	switch value := value.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.Bool:
		return bool(value), nil
	case starlark.String:
		if !utf8.ValidString(string(value)) {
			return nil, fmt.Errorf("a string is not UTF-8")
		}
		return string(value), nil
	case starlark.Int:
		number, ok := value.Int64()
		if !ok || number > largestInteger || number < -largestInteger {
			return nil, fmt.Errorf("an integer is larger than 2^53: write it as a string")
		}
		return number, nil
	case starlark.Float:
		if math.IsInf(float64(value), 0) || math.IsNaN(float64(value)) {
			return nil, fmt.Errorf("%s is no value of JSON", value)
		}
		return float64(value), nil
	case *starlarkstruct.Struct:
		return structToJSON(value, depth)
	case starlark.IterableMapping:
		fields := map[string]any{}
		for _, item := range value.Items() {
			key, ok := item[0].(starlark.String)
			if !ok {
				return nil, fmt.Errorf("a dict has a key that is a %s: keys are strings", item[0].Type())
			}
			field, err := toJSONWithin(item[1], depth-1)
			if err != nil {
				return nil, err
			}
			fields[string(key)] = field
		}
		return fields, nil
	case starlark.Iterable:
		list := []any{}
		iterator := value.Iterate()
		defer iterator.Done()
		var element starlark.Value
		for iterator.Next(&element) {
			one, err := toJSONWithin(element, depth-1)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		return list, nil
	}
	return nil, fmt.Errorf("a %s is no value of JSON", value.Type())
}

func structToJSON(value *starlarkstruct.Struct, depth int) (any, error) {
	fields := map[string]any{}
	for _, name := range value.AttrNames() {
		attribute, err := value.Attr(name)
		if err != nil {
			return nil, err
		}
		// An environment is what its functions give, too.
		if _, isFunction := attribute.(*starlark.Builtin); isFunction && value.Constructor() == environmentKind {
			continue
		}
		if fields[name], err = toJSONWithin(attribute, depth-1); err != nil {
			return nil, err
		}
	}
	return fields, nil
}

// fromJSON makes a value of the program: objects are dicts.
func fromJSON(thread *starlark.Thread, text json.RawMessage) (starlark.Value, error) {
	if len(text) == 0 {
		return starlark.None, nil
	}
	decode := starjson.Module.Members["decode"]
	return starlark.Call(thread, decode, starlark.Tuple{starlark.String(text)}, nil)
}

// sortedKeys is the order in which a program sees what has none: the same one each time.
func sortedKeys[Value any](of map[string]Value) []string {
	return slices.Sorted(maps.Keys(of))
}

// jsonModule is what the SDK has of JSON.
var jsonModule = &starlarkstruct.Module{
	Name: "json",
	Members: starlark.StringDict{
		"encode": starjson.Module.Members["encode"],
		"decode": starjson.Module.Members["decode"],
		"indent": starjson.Module.Members["indent"],
	},
}

// answer is what http gives: its fields are attributes, as of a struct, and keys, as of a dict; the SDK had both.
type answer struct{ fields *starlark.Dict }

var (
	_ starlark.HasAttrs = answer{}
	_ starlark.Mapping  = answer{}
)

func (a answer) String() string        { return a.fields.String() }
func (a answer) Type() string          { return "response" }
func (a answer) Freeze()               { a.fields.Freeze() }
func (a answer) Truth() starlark.Bool  { return true }
func (a answer) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: response") }

func (a answer) Get(key starlark.Value) (starlark.Value, bool, error) { return a.fields.Get(key) }

func (a answer) Attr(name string) (starlark.Value, error) {
	value, found, err := a.fields.Get(starlark.String(name))
	if !found {
		return nil, err
	}
	return value, err
}

func (a answer) AttrNames() []string {
	names := []string{}
	for _, key := range a.fields.Keys() {
		if name, ok := key.(starlark.String); ok {
			names = append(names, string(name))
		}
	}
	return names
}
