package reactor

import "github.com/panjf2000/gnet/v2/pkg/pool/byteslice"

const (
	minInput    = 512      // The smallest buffer for kept bytes.
	shrinkInput = 64 << 10 // A larger buffer that is mostly empty is exchanged for a smaller one.
)

// input is what a handler left of the bytes that it was offered, in one buffer from gnet's pool. Empty, it holds no memory.
type input struct {
	bytes []byte
}

// set keeps p instead of what was kept. p may be a part of it.
func (in *input) set(p []byte) {
	if len(p) == 0 {
		in.release()
		return
	}
	old := in.bytes
	tooSmall := cap(old) < len(p)
	tooLarge := cap(old) > shrinkInput && len(p) < cap(old)/4
	if !tooSmall && !tooLarge {
		in.bytes = old[:copy(old[:len(p)], p)]
		return
	}
	in.bytes = byteslice.Get(max(len(p), minInput))[:len(p)]
	copy(in.bytes, p)
	byteslice.Put(old)
}

// append keeps p after what was kept.
func (in *input) append(p []byte) {
	size := len(in.bytes) + len(p)
	if size > cap(in.bytes) {
		old := in.bytes
		in.bytes = byteslice.Get(max(size, minInput))[:len(old)]
		copy(in.bytes, old)
		byteslice.Put(old)
	}
	in.bytes = append(in.bytes, p...)
}

func (in *input) release() {
	byteslice.Put(in.bytes)
	in.bytes = nil
}
