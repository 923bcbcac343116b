;; AdamW in one pass over memory, four parameters at a time. Made into adamW.wasm by scripts/make-wasm.ts.
;; All four arenas have the same layout: the elements of a parameter lie `at` bytes after the start of each. `at` and `bytes` are multiples of 16.
(module
  (import "arena" "parameters" (memory $p i64 0 262144 shared))
  (import "arena" "expAvg" (memory $m i64 0 262144 shared))
  (import "arena" "expAvgSq" (memory $v i64 0 262144 shared))
  (import "arena" "gradients" (memory $g i64 0 262144 shared))
  (import "start" "parameters" (global $p0 i64))
  (import "start" "expAvg" (global $m0 i64))
  (import "start" "expAvgSq" (global $v0 i64))
  (import "start" "gradients" (global $g0 i64))

  ;; m <- b1 m + c1 g;  v <- b2 v + c2 g g;  p <- decay p - rate m / (sqrt v + epsilon)
  (func (export "update")
    (param $at i64) (param $bytes i64)
    (param $b1 f32) (param $c1 f32) (param $b2 f32) (param $c2 f32) (param $epsilon f32) (param $rate f32) (param $decay f32)
    (local $end i64) (local $g4 v128) (local $m4 v128) (local $v4 v128)
    (local.set $end (i64.add (local.get $at) (local.get $bytes)))
    (loop $next
      (if (i64.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $g4 (v128.load $g (i64.add (global.get $g0) (local.get $at))))
          (local.set $m4
            (f32x4.add
              (f32x4.mul (v128.load $m (i64.add (global.get $m0) (local.get $at))) (f32x4.splat (local.get $b1)))
              (f32x4.mul (local.get $g4) (f32x4.splat (local.get $c1)))))
          (local.set $v4
            (f32x4.add
              (f32x4.mul (v128.load $v (i64.add (global.get $v0) (local.get $at))) (f32x4.splat (local.get $b2)))
              (f32x4.mul (f32x4.mul (local.get $g4) (local.get $g4)) (f32x4.splat (local.get $c2)))))
          (v128.store $m (i64.add (global.get $m0) (local.get $at)) (local.get $m4))
          (v128.store $v (i64.add (global.get $v0) (local.get $at)) (local.get $v4))
          (v128.store $p (i64.add (global.get $p0) (local.get $at))
            (f32x4.sub
              (f32x4.mul (v128.load $p (i64.add (global.get $p0) (local.get $at))) (f32x4.splat (local.get $decay)))
              (f32x4.mul
                (f32x4.div (local.get $m4) (f32x4.add (f32x4.sqrt (local.get $v4)) (f32x4.splat (local.get $epsilon))))
                (f32x4.splat (local.get $rate)))))
          (local.set $at (i64.add (local.get $at) (i64.const 16)))
          (br $next)))))

  ;; The sum of g g, added up in double precision.
  (func (export "squares") (param $at i64) (param $bytes i64) (result f64)
    (local $end i64) (local $g4 v128) (local $low v128) (local $high v128)
    (local.set $end (i64.add (local.get $at) (local.get $bytes)))
    (loop $next
      (if (i64.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $g4 (v128.load $g (i64.add (global.get $g0) (local.get $at))))
          (local.set $g4 (f32x4.mul (local.get $g4) (local.get $g4)))
          (local.set $low (f64x2.add (local.get $low) (f64x2.promote_low_f32x4 (local.get $g4))))
          (local.set $high
            (f64x2.add (local.get $high)
              (f64x2.promote_low_f32x4
                (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $g4) (local.get $g4)))))
          (local.set $at (i64.add (local.get $at) (i64.const 16)))
          (br $next))))
    (local.set $low (f64x2.add (local.get $low) (local.get $high)))
    (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low))))

  ;; Gradient accumulation: p <- p + g.
  (func (export "add") (param $at i64) (param $bytes i64)
    (local $end i64)
    (local.set $end (i64.add (local.get $at) (local.get $bytes)))
    (loop $next
      (if (i64.lt_u (local.get $at) (local.get $end))
        (then
          (v128.store $p (i64.add (global.get $p0) (local.get $at)) (f32x4.add (v128.load $p (i64.add (global.get $p0) (local.get $at))) (v128.load $g (i64.add (global.get $g0) (local.get $at)))))
          (local.set $at (i64.add (local.get $at) (i64.const 16)))
          (br $next))))))
