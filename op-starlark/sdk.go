package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// environmentKind marks the structs that environment gives.
const environmentKind = starlark.String("environment")

// notTakenOver says why a name of ocuroot is refused.
var notTakenOver = map[string]string{
	"remotes":        "op does not run the work of other repositories",
	"repo_remotes":   "op does not run the work of other repositories",
	"release_ignore": "op has no command push that would read it",
	"debug_break":    "there is no debugger: use print",
	"backend":        "it is internal to ocuroot",
}

// sdk is the names that a file can use besides those of the language.
func (p *program) sdk() starlark.StringDict {
	function := starlark.NewBuiltin
	group := func(name string, members starlark.StringDict) *starlarkstruct.Module {
		return &starlarkstruct.Module{Name: name, Members: members}
	}
	shell := function("shell", p.shell)
	read, write := function("read", p.read), function("write", p.write)
	readDir, isDir := p.asks("read_dir", "path"), p.asks("is_dir", "path")
	env, pwd := p.asks("env"), p.asks("pwd")
	system := function("os", constant(runtime.GOOS))
	arch := function("arch", constant(runtime.GOARCH))
	http := starlark.StringDict{}
	for name, method := range map[string]string{
		"get": "GET", "head": "HEAD", "delete": "DELETE", "post": "POST", "put": "PUT", "patch": "PATCH",
	} {
		http[name] = function("http."+name, p.http(method))
	}
	names := starlark.StringDict{
		"ocuroot":               function("ocuroot", p.ocuroot),
		"phase":                 function("phase", p.phase),
		"task":                  function("task", p.task),
		"call":                  function("call", p.task),
		"deploy":                function("deploy", p.deploy),
		"done":                  function("done", p.done),
		"next":                  function("next", p.next),
		"ref":                   function("ref", p.ref),
		"input":                 function("input", p.input),
		"environments":          function("environments", p.allEnvironments),
		"environment":           function("environment", p.environment),
		"environment_from_dict": function("environment_from_dict", p.environmentFromDict),
		"environment_from_json": function("environment_from_json", p.environmentFromJSON),
		"register_environment":  function("register_environment", p.registerEnvironment),
		"repo_alias":            function("repo_alias", p.repoAlias),
		"trigger":               function("trigger", p.setTrigger),
		"store": group("store", starlark.StringDict{
			"set": function("store.set", p.storeSet), "fs": function("store.fs", storeFs), "git": function("store.git", storeGit),
		}),
		"secret": function("secret", p.secret),
		"shell":  shell, "read": read, "write": write, "read_dir": readDir, "is_dir": isDir,
		"env": env, "pwd": pwd, "os": system, "arch": arch,
		"host": group("host", starlark.StringDict{
			"shell": shell, "read_file": read, "write_file": write, "read_dir": readDir, "is_dir": isDir,
			"env": env, "pwd": pwd, "os": system, "arch": arch,
		}),
		"http":   group("http", http),
		"json":   jsonModule,
		"struct": function("struct", starlarkstruct.Make),
	}
	for name, why := range notTakenOver {
		names[name] = function(name, refused(why))
	}
	// Variables of repo.ocu.star.
	delete(names, "repo_remotes")
	delete(names, "release_ignore")
	return names
}

type builtin = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

func refused(why string) builtin {
	return func(_ *starlark.Thread, b *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return nil, fmt.Errorf("%s is not taken over: %s", b.Name(), why)
	}
}

func constant(text string) builtin {
	return func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return starlark.String(text), starlark.UnpackArgs(b.Name(), args, kwargs)
	}
}

// asks is a function that is a question to op, with these strings.
func (p *program) asks(name string, params ...string) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		values, pairs, with := make([]string, len(params)), []any{}, map[string]any{}
		for i, param := range params {
			pairs = append(pairs, param, &values[i])
		}
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, pairs...); err != nil {
			return nil, err
		}
		for i, param := range params {
			with[param] = values[i]
		}
		return p.answer(thread, name, with)
	})
}

// answer asks op, and makes a value of what it answers.
func (p *program) answer(thread *starlark.Thread, what string, with map[string]any) (starlark.Value, error) {
	text, err := p.op.ask(thread, what, with)
	if err != nil {
		return nil, err
	}
	return fromJSON(thread, text)
}

// check asks op whether a text can be the name of an item, an environment, an input or a tag.
func (p *program) check(thread *starlark.Thread, what, name string) error {
	_, err := p.op.ask(thread, "check", map[string]any{"what": what, "name": name})
	return err
}

func (p *program) ocuroot(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var version string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "version", &version); err != nil {
		return nil, err
	}
	file := thread.CallFrame(1).Pos.Filename()
	if p.versions[file] {
		return nil, fmt.Errorf("ocuroot is called twice")
	}
	p.versions[file] = true
	_, err := p.op.ask(thread, "sdk", map[string]any{"version": version})
	return starlark.None, err
}

func (p *program) ref(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "ref", &text); err != nil {
		return nil, err
	}
	absolute, err := p.answer(thread, "ref", map[string]any{"ref": text})
	if err != nil {
		return nil, err
	}
	return dictOf("ref", absolute)
}

func (p *program) input(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var ref, otherwise, doc starlark.Value = starlark.None, starlark.None, starlark.None
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "ref?", &ref, "default?", &otherwise, "doc?", &doc); err != nil {
		return nil, err
	}
	if ref == starlark.None && otherwise == starlark.None {
		return nil, fmt.Errorf("input needs ref or default")
	}
	if ref == starlark.None {
		return dictOf("default", otherwise)
	}
	// What ref gives can be given.
	if given, ok := ref.(*starlark.Dict); ok {
		inner, found, _ := given.Get(starlark.String("ref"))
		if !found {
			return nil, fmt.Errorf("the ref of an input is a dict without ref")
		}
		ref = inner
	}
	text, ok := starlark.AsString(ref)
	if !ok {
		return nil, fmt.Errorf("the ref of an input is a %s, not a string", ref.Type())
	}
	absolute, err := p.answer(thread, "ref", map[string]any{"ref": text})
	if err != nil {
		return nil, err
	}
	return dictOf("ref", absolute, "default", otherwise)
}

func dictOf(pairs ...any) (*starlark.Dict, error) {
	made := new(starlark.Dict)
	for i := 0; i < len(pairs); i += 2 {
		name, value := pairs[i].(string), pairs[i+1].(starlark.Value)
		if err := made.SetKey(starlark.String(name), value); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func (p *program) allEnvironments(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(b.Name(), args, kwargs); err != nil {
		return nil, err
	}
	list := []starlark.Value{}
	for _, one := range p.Environments {
		attributes := new(starlark.Dict)
		for _, name := range sortedKeys(one.Attributes) {
			if err := attributes.SetKey(starlark.String(name), starlark.String(one.Attributes[name])); err != nil {
				return nil, err
			}
		}
		list = append(list, environmentOf(starlark.String(one.Name), attributes))
	}
	return starlark.NewList(list), nil
}

func environmentOf(name starlark.String, attributes *starlark.Dict) *starlarkstruct.Struct {
	var made *starlarkstruct.Struct
	asDict := func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := starlark.UnpackArgs(b.Name(), args, kwargs); err != nil {
			return nil, err
		}
		return dictOf("name", name, "attributes", attributes)
	}
	asJSON := func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := starlark.UnpackArgs(b.Name(), args, kwargs); err != nil {
			return nil, err
		}
		value, err := toJSON(made)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(value)
		return starlark.String(text), err
	}
	made = starlarkstruct.FromStringDict(environmentKind, starlark.StringDict{
		"name":       name,
		"attributes": attributes,
		"dict":       starlark.NewBuiltin("dict", asDict),
		"json":       starlark.NewBuiltin("json", asJSON),
	})
	return made
}

// environmentName is the name in what environment gives, or in a struct like it.
func environmentName(given *starlarkstruct.Struct) (string, error) {
	value, err := given.Attr("name")
	if err != nil {
		return "", err
	}
	name, ok := starlark.AsString(value)
	if !ok {
		return "", fmt.Errorf("the name of an environment is a %s, not a string", value.Type())
	}
	return name, nil
}

func (p *program) environment(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	attributes := new(starlark.Dict)
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "name", &name, "attributes?", &attributes); err != nil {
		return nil, err
	}
	return p.newEnvironment(thread, name, attributes)
}

func (p *program) newEnvironment(thread *starlark.Thread, name string, attributes *starlark.Dict) (starlark.Value, error) {
	if err := p.check(thread, "environment", name); err != nil {
		return nil, err
	}
	for _, pair := range attributes.Items() {
		for _, text := range pair {
			if _, ok := starlark.AsString(text); !ok {
				return nil, fmt.Errorf("the attributes of environment %s have a %s: names and values are strings", name, text.Type())
			}
		}
	}
	return environmentOf(starlark.String(name), attributes), nil
}

func (p *program) environmentFromDict(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var given *starlark.Dict
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "envDict", &given); err != nil {
		return nil, err
	}
	return p.environmentOfDict(thread, given)
}

func (p *program) environmentFromJSON(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "envJSON", &text); err != nil {
		return nil, err
	}
	value, err := fromJSON(thread, json.RawMessage(text))
	if err != nil {
		return nil, err
	}
	return p.environmentOfDict(thread, value)
}

func (p *program) environmentOfDict(thread *starlark.Thread, given starlark.Value) (starlark.Value, error) {
	fields, ok := given.(*starlark.Dict)
	if !ok {
		return nil, fmt.Errorf("an environment is a dict with name and attributes, not a %s", given.Type())
	}
	name, _, _ := fields.Get(starlark.String("name"))
	attributes, _, _ := fields.Get(starlark.String("attributes"))
	text, isText := name.(starlark.String)
	pairs, isDict := attributes.(*starlark.Dict)
	if !isText || !isDict {
		return nil, fmt.Errorf("an environment is a dict with name and attributes")
	}
	return p.newEnvironment(thread, string(text), pairs)
}

func (p *program) registerEnvironment(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var given *starlarkstruct.Struct
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "env", &given); err != nil {
		return nil, err
	}
	if given.Constructor() != environmentKind {
		return nil, fmt.Errorf("register_environment: got a struct, want what environment gives")
	}
	if len(p.plan.known) > 0 {
		return nil, fmt.Errorf("a file that registers environments has no tasks and deployments: these are two files")
	}
	value, err := toJSON(given)
	if err != nil {
		return nil, err
	}
	p.plan.registered = append(p.plan.registered, value)
	return starlark.None, nil
}

func (p *program) secret(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var value string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "value", &value); err != nil {
		return nil, err
	}
	_, err := p.op.ask(thread, "secret", map[string]any{"value": value})
	return starlark.String(value), err
}

func (p *program) shell(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var command string
	shell, dir := "sh", "."
	env, mute, goOn := new(starlark.Dict), false, false
	err := starlark.UnpackArgs(b.Name(), args, kwargs,
		"command", &command, "shell?", &shell, "dir?", &dir, "env?", &env, "mute?", &mute, "continue_on_error?", &goOn)
	if err != nil {
		return nil, err
	}
	variables, err := stringsOf("env", env)
	if err != nil {
		return nil, err
	}
	result, err := p.answer(thread, "shell", map[string]any{
		"command": command, "shell": shell, "dir": dir, "env": variables, "mute": mute, "continue": goOn,
	})
	if err != nil {
		return nil, err
	}
	fields := starlark.StringDict{}
	for _, pair := range result.(*starlark.Dict).Items() {
		fields[string(pair[0].(starlark.String))] = pair[1]
	}
	return starlarkstruct.FromStringDict(starlarkstruct.Default, fields), nil
}

func stringsOf(what string, given *starlark.Dict) (map[string]string, error) {
	read := map[string]string{}
	for _, pair := range given.Items() {
		name, ok := starlark.AsString(pair[0])
		value, isText := starlark.AsString(pair[1])
		if !ok || !isText {
			return nil, fmt.Errorf("%s: %s has a value that is a %s: names and values are strings", what, pair[0], pair[1].Type())
		}
		read[name] = value
	}
	return read, nil
}

func (p *program) read(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "path", &path); err != nil {
		return nil, err
	}
	return p.answer(thread, "read", map[string]any{"path": path})
}

func (p *program) write(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path, content string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "path", &path, "content", &content); err != nil {
		return nil, err
	}
	return p.answer(thread, "write", map[string]any{"path": path, "content": content})
}

func (p *program) http(method string) builtin {
	return func(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var url, body string
		given := new(starlark.Dict)
		params := []any{"url", &url, "headers?", &given}
		if method != "GET" && method != "HEAD" && method != "DELETE" {
			params = append(params, "body?", &body)
		}
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, params...); err != nil {
			return nil, err
		}
		// The value of a header is a string, or a list of these.
		headers := [][2]string{}
		for _, pair := range given.Items() {
			name, ok := starlark.AsString(pair[0])
			values, isList := pair[1].(*starlark.List)
			if !isList {
				values = starlark.NewList([]starlark.Value{pair[1]})
			}
			for i := range values.Len() {
				value, isText := starlark.AsString(values.Index(i))
				if !ok || !isText {
					return nil, fmt.Errorf("%s: the header %s is not a string", b.Name(), pair[0])
				}
				headers = append(headers, [2]string{name, value})
			}
		}
		result, err := p.answer(thread, "http", map[string]any{"method": method, "url": url, "headers": headers, "body": body})
		if err != nil {
			return nil, err
		}
		return answer{result.(*starlark.Dict)}, nil
	}
}
