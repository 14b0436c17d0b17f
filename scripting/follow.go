package scripting

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long the files of a program have to be left alone before it is loaded again: editors and deployments change several, in several steps.
const settle = 100 * time.Millisecond

// follower loads a program again when one of its files has changed.
type follower struct {
	engine *Engine
	file   string
	events *fsnotify.Watcher
	done   chan struct{}
	ended  sync.WaitGroup
}

// Follow is Load, and from then on the program is loaded again whenever one of its files changes; what comes of that is in the log. Called again, with
// the same file or another one, it loads at once: an error changes nothing. An empty name takes the program out of force.
func (e *Engine) Follow(file string) error {
	e.following.Lock()
	defer e.following.Unlock()
	f := e.follower
	if file == "" || f == nil || f.file != file {
		f = nil
	}
	// It looks before the files are read, so that no change is missed.
	fresh := f == nil && file != ""
	if fresh {
		events, err := fsnotify.NewWatcher()
		if err != nil {
			return fmt.Errorf("watch the files of the script: %w", err)
		}
		f = &follower{engine: e, file: file, events: events, done: make(chan struct{})}
		f.watchDirectory(filepath.Dir(file))
	}
	if err := e.Load(file); err != nil {
		if fresh {
			f.events.Close()
		}
		return err
	}
	e.logLoaded()
	switch {
	case fresh:
		e.unfollow()
		f.watch()
		f.ended.Go(f.run)
		e.follower = f
	case f != nil:
		f.watch()
	default:
		e.unfollow()
	}
	return nil
}

// unfollow ends the follower. following is held.
func (e *Engine) unfollow() {
	if f := e.follower; f != nil {
		close(f.done)
		f.ended.Wait()
		e.follower = nil
	}
}

// logLoaded says what is in force.
func (e *Engine) logLoaded() {
	ed := e.current.Load()
	if ed == nil {
		return
	}
	e.log.Info().Strs("files", e.Files()).Strs("hooks", e.Metrics().Hooks).Uint64("edition", ed.number).Msg("script loaded")
}

// watch looks at the directories of all files: a file that is replaced is another one, a directory stays.
func (f *follower) watch() {
	for _, file := range append(f.engine.Files(), f.file) {
		if dir := filepath.Dir(file); !slices.Contains(f.events.WatchList(), dir) {
			f.watchDirectory(dir)
		}
	}
}

func (f *follower) watchDirectory(dir string) {
	if err := f.events.Add(dir); err != nil {
		f.engine.log.Error().Err(err).Str("directory", dir).Msg("changes of the script are not seen: reload by SIGHUP")
	}
}

func (f *follower) run() {
	defer f.events.Close()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case e := <-f.events.Events:
			if f.concerns(e) {
				timer.Reset(settle)
			}
		case err := <-f.events.Errors:
			f.engine.log.Warn().Err(err).Msg("a change of the script may have been missed")
			timer.Reset(settle)
		case <-timer.C:
			f.reload()
		case <-f.done:
			return
		}
	}
}

// concerns reports whether an event is about a file of the program. A link that is put in the place of a directory, as Kubernetes does for all files at
// once, counts too.
func (f *follower) concerns(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false
	}
	name := filepath.Clean(e.Name)
	return name == filepath.Clean(f.file) || filepath.Base(name) == "..data" ||
		slices.ContainsFunc(f.engine.Files(), func(file string) bool { return filepath.Clean(file) == name })
}

func (f *follower) reload() {
	e := f.engine
	if err := e.Load(f.file); err != nil {
		e.log.Error().Err(err).Msg("the changed script is refused: the one before stays in force")
		return
	}
	f.watch()
	e.logLoaded()
}
