package main

import (
	"fmt"

	"go.starlark.net/starlark"
)

// repository is what repo.ocu.star sets.
type repository struct {
	alias    string
	hasStore bool
	// As JSON: {"fs": path} or {"git": url, "branch": name}.
	state, intent map[string]any
	trigger       starlark.Callable
}

// endOfRepository gives the settings: those of functions, and those of variables, which later versions of ocuroot read.
func (p *program) endOfRepository(globals starlark.StringDict) (any, error) {
	r := &p.repository
	for _, name := range []string{"repo_remotes", "release_ignore"} {
		if _, found := globals[name]; found {
			return nil, fmt.Errorf("%s sets %s, which is not taken over: %s", p.File, name, notTakenOver[name])
		}
	}
	if alias, ok := globals["repo_alias"].(starlark.String); ok && r.alias == "" {
		r.alias = string(alias)
	}
	for name, setting := range map[string]*map[string]any{"state_store": &r.state, "intent_store": &r.intent} {
		value, found := globals[name]
		if !found {
			continue
		}
		if r.hasStore {
			return nil, fmt.Errorf("%s sets %s, and calls store.set", p.File, name)
		}
		chosen, ok := value.(chosenStore)
		if !ok {
			return nil, fmt.Errorf("%s of %s is a %s, not what store.fs or store.git gives", name, p.File, value.Type())
		}
		*setting = chosen.fields
	}
	end := map[string]any{"alias": r.alias, "trigger": r.trigger != nil}
	if r.state != nil {
		end["state"] = r.state
	}
	if r.intent != nil {
		end["intent"] = r.intent
	}
	return end, nil
}

func (p *program) callTrigger(thread *starlark.Thread) (any, error) {
	if p.repository.trigger == nil {
		return nil, fmt.Errorf("%s has no trigger any more", p.File)
	}
	_, err := starlark.Call(thread, p.repository.trigger, starlark.Tuple{starlark.String(p.Commit)}, nil)
	return map[string]any{}, err
}

// chosenStore is what store.fs and store.git give.
type chosenStore struct{ fields map[string]any }

func (s chosenStore) String() string        { return fmt.Sprintf("store(%v)", s.fields) }
func (s chosenStore) Type() string          { return "store" }
func (s chosenStore) Freeze()               {}
func (s chosenStore) Truth() starlark.Bool  { return true }
func (s chosenStore) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: store") }

func (p *program) repoAlias(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var alias string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "alias", &alias); err != nil {
		return nil, err
	}
	p.repository.alias = alias
	return starlark.None, nil
}

func (p *program) setTrigger(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var fn starlark.Callable
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "fn", &fn); err != nil {
		return nil, err
	}
	p.repository.trigger = fn
	return starlark.None, nil
}

func (p *program) storeSet(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var state, intent starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "state", &state, "intent?", &intent); err != nil {
		return nil, err
	}
	if p.repository.hasStore {
		return nil, fmt.Errorf("store.set is called twice")
	}
	p.repository.hasStore = true
	for _, one := range []struct {
		value starlark.Value
		into  *map[string]any
	}{{state, &p.repository.state}, {intent, &p.repository.intent}} {
		if one.value == nil || one.value == starlark.None {
			continue
		}
		chosen, ok := one.value.(chosenStore)
		if !ok {
			return nil, fmt.Errorf("store.set: got %s, want what store.fs or store.git gives", one.value.Type())
		}
		*one.into = chosen.fields
	}
	return starlark.None, nil
}

func storeFs(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "path", &path); err != nil {
		return nil, err
	}
	return chosenStore{map[string]any{"fs": path}}, nil
}

func storeGit(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var url string
	var branch, support starlark.Value
	create := true
	err := starlark.UnpackArgs(b.Name(), args, kwargs, "remote_url", &url, "branch?", &branch, "create_branch?", &create, "support_files?", &support)
	if err != nil {
		return nil, err
	}
	if !create {
		return nil, fmt.Errorf("create_branch=False is not taken over: op makes the branch of its store")
	}
	if support != nil && bool(support.Truth()) {
		return nil, fmt.Errorf("support_files is not taken over: the branch of a store has nothing but documents of op")
	}
	fields := map[string]any{"git": url}
	if branch != nil && branch != starlark.None {
		name, ok := starlark.AsString(branch)
		if !ok {
			return nil, fmt.Errorf("store.git: the branch is a %s, not a string", branch.Type())
		}
		fields["branch"] = name
	}
	return chosenStore{fields}, nil
}
