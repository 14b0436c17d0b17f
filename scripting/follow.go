package scripting

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

	watching sync.Mutex // held while it is settled which directories are watched
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
		f.watch(file)
	}
	err := e.Load(file)
	switch {
	case err != nil && fresh:
		f.events.Close()
	case fresh:
		e.unfollow()
		f.watchTried()
		f.ended.Go(f.run)
		e.follower = f
	case f != nil:
		f.watchTried()
	case err == nil:
		e.unfollow()
	}
	if err == nil {
		e.logLoaded()
	}
	return err
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
	if ed.set == 0 && len(ed.keeper.timers) == 0 {
		e.log.Warn().Msg("the script does nothing: it defines none of the functions that are called, and no timer")
	}
}

// watchTried watches the files of the program that was to be loaded last. Of one that was refused they are not all known: it is enough to know of a
// change that may repair it.
func (f *follower) watchTried() {
	f.watching.Lock()
	defer f.watching.Unlock()
	f.watch(f.files()...)
}

// watch looks at the directories of files, and at no others: a file that is replaced is another one, a directory stays. Of one that is not there, it looks
// where it would be made.
func (f *follower) watch(files ...string) {
	var wanted []string
	for _, file := range files {
		dir := filepath.Dir(file)
		for _, err := os.Stat(dir); err != nil && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
			dir = filepath.Dir(dir)
		}
		wanted = append(wanted, dir)
	}
	watched := f.events.WatchList()
	for _, dir := range watched {
		if !slices.Contains(wanted, dir) {
			_ = f.events.Remove(dir) // it may be gone
		}
	}
	for _, dir := range wanted {
		if slices.Contains(watched, dir) {
			continue
		}
		if err := f.events.Add(dir); err != nil {
			f.engine.log.Error().Err(err).Str("directory", dir).Msg("changes of the script are not seen: reload by SIGHUP")
		}
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

// concerns reports whether an event is about a file of the program, or a directory that it is in. A link that is put in the place of a directory, as
// Kubernetes does for all files at once, counts too.
func (f *follower) concerns(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false
	}
	name := filepath.Clean(e.Name)
	return filepath.Base(name) == "..data" || slices.ContainsFunc(f.files(), func(file string) bool {
		file = filepath.Clean(file)
		return file == name || strings.HasPrefix(file, name+string(filepath.Separator))
	})
}

func (f *follower) reload() {
	e := f.engine
	err := e.Load(f.file)
	f.watchTried()
	if err != nil {
		e.log.Error().Err(err).Msg("the changed script is refused: the one before stays in force")
		return
	}
	e.logLoaded()
}

// files are those of the program as it was to be loaded last; where that was one in another file, which was refused, those of the program in force.
func (f *follower) files() []string {
	if tried := f.engine.tried.Load(); tried != nil && (*tried)[0] == f.file {
		return slices.Clone(*tried)
	}
	return append(f.engine.Files(), f.file)
}
