package lock_test

// irqCases: locks taken in interrupts and outside of them.
func (s *selfTest) irqCases() {
	for _, irq := range irqs {
		for _, c := range []struct {
			name  string
			want  func(column) verdict
			parts func(a, b sample) []func()
		}{
			{"irqs-on + irq-safe-A", byUsageOf, func(a, _ sample) []func() {
				return []func(){inIRQ(irq, a), once(a)}
			}},
			{"safe-A + irqs-on", byUsageOf, func(a, _ sample) []func() {
				return []func(){inIRQ(irq, a), func() {
					irq.disable()
					a.lock()
					irq.enable()
					a.unlock()
				}}
			}},
			{"safe-A + unsafe-B #1", byUsageOf, func(a, b sample) []func() {
				return []func(){both(a, b), once(b), inIRQ(irq, a)}
			}},
			{"safe-A + unsafe-B #2", byUsageOf, func(a, b sample) []func() {
				return []func(){masked(irq, both(a, b)), once(b), inIRQ(irq, a)}
			}},
			{"irqs off + irq-safe-A", always(good), func(a, _ sample) []func() {
				return []func(){inIRQ(irq, a), masked(irq, once(a))}
			}},
			{"safe-A + safe-B", always(good), func(a, b sample) []func() {
				return []func(){masked(irq, both(a, b)), inIRQ(irq, b), inIRQ(irq, a)}
			}},
			{"unsafe-A + safe-B", always(good), func(a, b sample) []func() {
				return []func(){masked(irq, func() {}), once(a), func() {
					a.lock()
					irq.disable()
					b.lock()
					b.unlock()
					irq.enable()
					a.unlock()
				}, inIRQ(irq, b)}
			}},
		} {
			s.line(irq.name + "-" + c.name)
			for _, col := range allColumns() {
				if col.spins {
					s.orders(col.name, c.want(col), func(*env) []func() { return c.parts(col.make("A"), col.make("B")) })
				}
			}
		}
	}
	s.line("sirq-safe-A => hirqs-on")
	for _, col := range allColumns() {
		if col.spins {
			s.orders(col.name, byUsageOf(col), func(*env) []func() {
				a := col.make("A")
				return []func(){inIRQ(irqs[1], a), func() {
					irqs[0].disable()
					a.lock()
					irqs[0].enable()
					a.unlock()
				}}
			})
		}
	}
	s.line("hardirq_unsafe_softirq_safe")
	for _, col := range allColumns() {
		if col.spins && !col.recursive {
			// A is taken in softirqs and leads to B; with hard interrupts on a
			// softirq may find B held.
			s.orders(col.name, byUsage, func(*env) []func() {
				a, b := col.make("A"), col.make("B")
				return []func(){inIRQ(irqs[1], a), once(b), func() { irqs[1].disable(); both(a, b)(); irqs[1].enable() }}
			})
		}
	}
}

func byUsageOf(c column) verdict { return byUsage.unless(c.recursive) }

func once(a sample) func() { return func() { a.lock(); a.unlock() } }

func both(a, b sample) func() {
	return func() {
		a.lock()
		b.lock()
		b.unlock()
		a.unlock()
	}
}

func inIRQ(i irq, a sample) func() { return func() { i.enter(once(a)) } }

func masked(i irq, fn func()) func() {
	return func() {
		i.disable()
		fn()
		i.enable()
	}
}

// irqReaderCases: readers and writers in interrupts.
func (s *selfTest) irqReaderCases() {
	for _, irq := range irqs {
		for _, c := range []struct {
			name           string
			caught, silent bool // also for recursive readers; for all kinds
			parts          func(a, b rwSample, l sample) []func()
		}{
			{"irq lock-inversion", true, false, func(a, _ rwSample, l sample) []func() {
				return []func(){
					masked(irq, func() { under(a.lock, a.unlock, l) }),
					once(l),
					func() { irq.enter(func() { a.rlock(); a.runlock() }) },
				}
			}},
			{"irq read-recursion", false, false, func(a, _ rwSample, l sample) []func() {
				return []func(){
					masked(irq, func() { a.lock(); a.unlock() }),
					func() { a.rlock(); a.runlock() },
					func() { irq.enter(func() { a.rlock(); a.runlock() }) },
				}
			}},
			{"irq read-recursion #2", true, false, func(a, b rwSample, _ sample) []func() {
				return []func(){
					masked(irq, func() { b.lock(); a.lock(); a.unlock(); b.unlock() }),
					func() { a.rlock(); a.runlock() },
					func() { irq.enter(func() { b.rlock(); b.runlock() }) },
				}
			}},
			{"irq read-recursion #3", false, false, func(a, b rwSample, _ sample) []func() {
				return []func(){
					masked(irq, func() { b.lock(); a.rlock(); a.runlock(); b.unlock() }),
					func() { a.rlock(); a.runlock() },
					func() { irq.enter(func() { b.rlock(); b.runlock() }) },
				}
			}},
			{"irq write and read", true, false, func(a, _ rwSample, _ sample) []func() {
				return []func(){
					func() { a.rlock(); a.runlock() },
					func() { irq.enter(func() { a.lock(); a.unlock() }) },
				}
			}},
		} {
			s.line(irq.name + "-" + c.name)
			for _, k := range rwKinds {
				if k.spins {
					s.orders(k.name, byUsage.unless(c.silent || !c.caught && k.recursive), func(*env) []func() {
						return c.parts(k.make("A"), k.make("B"), columnNamed("spin").make("L"))
					})
				}
			}
		}
	}
}
