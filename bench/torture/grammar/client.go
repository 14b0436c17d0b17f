package grammar

import (
	"fmt"
	"math/rand/v2"

	"parkway/bench/servers"
	"parkway/bench/torture/script"
	"parkway/protocol"
)

// client makes the steps of one client.
type client struct {
	// Immutable.
	id      int
	seed    uint64
	flavor  servers.Flavor
	kinds   []kind
	weights int // their sum
	config  script.Client
	relogin bool // see Options
	atOnce  bool // see Options

	random *rand.Rand
	steps  []script.Step
	// touched are variables that were set and may be asked for.
	touched []string
	role    bool // SET ROLE was used
	option  bool // COM_SET_OPTION was used
	// transactions: session_track_transaction_info was set.
	transactions bool
	// slots are what the slots were last prepared with.
	slots map[int]opened
	// environment changes when the client sets a variable that a server may read texts by. It is never 0.
	environment int
}

// slots is how many binary prepared statements a client has at most.
const slots = 4

func newClient(seed uint64, id int, o Options) *client {
	c := &client{
		id: id, seed: seed, flavor: o.Flavor, kinds: o.chosen(), relogin: o.Relogin, atOnce: o.AtOnce,
		random: rand.New(rand.NewPCG(seed, uint64(id)<<32|0x70a7)), slots: map[int]opened{}, environment: 1,
	}
	for _, k := range c.kinds {
		c.weights += k.weight
	}
	c.config = script.Client{
		ID:      id,
		Schema:  Schema(id),
		Charset: pick(c, []byte{45, 45, 33, 8}), // utf8mb4_general_ci, utf8mb3_general_ci, latin1_swedish_ci
		Leave:   pick(c, []script.Leave{script.Quit, script.Vanish, script.Reset}),
	}
	for _, flag := range capabilities {
		// Clients of few kinds, so that they meet on the same backend connections.
		if seed%2 == 0 && c.chance(50) || seed%2 == 1 && id%2 == 0 {
			c.config.Capabilities |= flag
		}
	}
	if o.Relogin {
		c.config.Capabilities &^= protocol.ClientIgnoreSpace
	}
	if c.chance(10) {
		c.config.Schema = ""
	}
	return c
}

func (c *client) login() script.Client { return c.config }

// sequence makes at least o.Steps steps, if there is any kind of statement.
func (c *client) sequence(o Options) []script.Step {
	if c.relogin {
		c.query("DO 1")
	}
	for len(c.steps) < o.Steps && c.weights > 0 {
		at := c.random.IntN(c.weights)
		for _, k := range c.kinds {
			if at -= k.weight; at < 0 {
				k.add(c)
				break
			}
		}
	}
	return c.steps
}

// step adds a step.
func (c *client) step(s script.Step) { c.steps = append(c.steps, s) }

// query adds a COM_QUERY.
func (c *client) query(format string, args ...any) {
	c.step(script.Step{Verb: script.Query, Text: fmt.Sprintf(format, args...)})
}

// chance is true in so many of 100 cases.
func (c *client) chance(percent int) bool { return c.random.IntN(100) < percent }

// number is from 0 to n-1.
func (c *client) number(n int) int { return c.random.IntN(n) }

// pick chooses one of list.
func pick[T any](c *client, list []T) T { return list[c.random.IntN(len(list))] }

// one chooses one of the texts.
func (c *client) one(texts ...string) string { return pick(c, texts) }

func (c *client) mysql() bool { return c.flavor == servers.MySQL }

// multiStatements reports whether the client may send several statements in
// one COM_QUERY.
func (c *client) multiStatements() bool {
	return c.config.Capabilities.Has(protocol.ClientMultiStatements)
}

// unique is a name that no other client and no other script has.
func (c *client) unique(what string) string {
	return fmt.Sprintf("torture_%d_%d_%s", c.seed, c.id, what)
}
