package main

import (
	"parkway/config"
	"parkway/session/rules"
	"parkway/session/users"
)

// reopenLog opens the log file again, if it was renamed or removed.
func (s *server) reopenLog() {
	if err := s.logFile.reopen(); err != nil {
		s.log.Error().Err(err).Msg("the log goes on in the old file")
	}
}

// reload reads the configuration again and puts in force what can change at
// run time. A bad file changes nothing but the log file.
func (s *server) reload() {
	s.reopenLog()
	next, err := config.Load(s.file)
	if err != nil {
		s.log.Error().Err(err).Msg("reload refused: the configuration stays as it is")
		return
	}
	table, err := users.NewTable(next.Users, s.proxy.Users())
	if err != nil {
		s.log.Error().Err(err).Msg("reload refused: the configuration stays as it is")
		return
	}
	program, err := rules.FromConfig(next.QueryRules)
	if err != nil {
		s.log.Error().Err(err).Msg("reload refused: the configuration stays as it is")
		return
	}
	if err := s.hostgroups.Apply(next.Servers, next.ReplicationHostgroups...); err != nil {
		s.log.Error().Err(err).Msg("reload refused: the configuration stays as it is")
		return
	}
	for _, w := range next.Warnings() {
		s.log.Warn().Msg(w.String())
	}
	s.proxy.Apply(&next.MySQL, table, program)
	s.proxy.Errands().Apply(errandAccount(&next.Scripting))
	s.proxy.ApplyAttributes(next.HostgroupAttributes)
	s.proxy.HostgroupsChanged()
	s.script.Apply(scriptOptions(&next.Scripting, &s.errands, s.log))
	if err := s.script.Follow(next.Scripting.File); err != nil {
		s.log.Error().Err(next.ScriptProblem(err)).Msg("the script stays as it is")
	}
	s.proxy.ReportUnfollowed()
	if err := setLevel(next.Log); err != nil {
		s.log.Error().Err(err).Msg("log level stays as it is")
	}
	applied, needsRestart := config.Changes(s.cfg, next)
	s.cfg = next
	s.applyKills()
	s.monitor.Apply(&next.MySQL)
	s.log.Info().Strs("changed", applied).Msg("configuration reloaded")
	if len(needsRestart) > 0 {
		s.log.Warn().Strs("keys", needsRestart).Msg("changed in the file, but in force only after a restart")
	}
}
