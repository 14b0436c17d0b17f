package session

import (
	"slices"
	"testing"
)

func TestStates(t *testing.T) {
	moves := map[state][]state{
		greeted:    {authing, knocking},
		authing:    {verifying, vetting, barred, ready},
		knocking:   {greeted},
		vetting:    {authing},
		verifying:  {authing},
		barred:     {ready},
		ready:      {authing, acquiring, killing, delayed, pondering, injecting, refused, sending, answering, trailing, discarding, abandoned, gone},
		acquiring:  {ready, refused},
		killing:    {ready},
		delayed:    {ready},
		doubtful:   {ready},
		pondering:  {ready, injecting},
		injecting:  {ready, pondering},
		refused:    {ready, discarding, abandoned},
		sending:    {answering, trailing, discarding, abandoned},
		answering:  {ready, observing, uploading, doubtful},
		observing:  {answering},
		uploading:  {answering, abandoned},
		trailing:   {ready, abandoned},
		discarding: {ready, abandoned},
		abandoned:  {},
		gone:       {},
		closing:    {},
	}
	for from := range state(numStates) {
		if receivers[from] == nil {
			t.Errorf("nobody takes the client's bytes in state %s", from)
		}
		for to := range state(numStates) {
			legal := to == closing || slices.Contains(moves[from], to)
			t.Run(from.String()+" to "+to.String(), func(t *testing.T) {
				s := &Session{state: from}
				defer func() {
					if (recover() == nil) != legal || legal && s.state != to {
						t.Errorf("legal %v, state now %s", legal, s.state)
					}
				}()
				s.setState(to)
			})
		}
	}
}
