//! An order for a day's visits, so that the way is short. A suggestion: planned times and people's wishes are the worker's to weigh.

use crate::ids::EntityId;

/// A place on earth: degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// A visit on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// The visit.
    pub visit: EntityId,
    /// Metres from the stop before, as the crow flies; nothing where either place is not known.
    pub metres: Option<u32>,
}

/// Visits in the order of always going to the nearest one next, from where the day starts. What is equally near is ordered by id;
/// visits whose place nobody knows come last, by id. Without a start the way begins at the visit with the smallest id.
pub fn route(start: Option<Point>, visits: &[(EntityId, Option<Point>)]) -> Vec<Stop> {
    let known = visits
        .iter()
        .filter_map(|(id, point)| point.map(|point| (*id, point)));
    let mut left: Vec<(EntityId, Point)> = known.collect();
    left.sort_by_key(|(id, _)| *id);
    let mut here = start;
    let mut stops = Vec::new();
    while let Some(nearest) = nearest(here, &left) {
        let (visit, point) = left.remove(nearest);
        let metres = here.map(|here| metres(here, point));
        stops.push(Stop { visit, metres });
        here = Some(point);
    }
    let unknown = visits.iter().filter(|(_, point)| point.is_none());
    let mut unknown: Vec<EntityId> = unknown.map(|(id, _)| *id).collect();
    unknown.sort();
    let stop = |visit| Stop {
        visit,
        metres: None,
    };
    stops.extend(unknown.into_iter().map(stop));
    stops
}

/// The first of the nearest ones.
fn nearest(here: Option<Point>, left: &[(EntityId, Point)]) -> Option<usize> {
    let distance = |point| here.map_or(0, |here| metres(here, point));
    let places = left.iter().enumerate();
    let nearest = places.min_by_key(|(_, (_, point))| distance(*point));
    nearest.map(|(place, _)| place)
}

/// Metres along the great circle, rounded: on another machine's arithmetic the order is the same.
/// Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984); mean earth radius IUGG 6,371,008.8 m.
fn metres(from: Point, to: Point) -> u32 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let (north, other) = (from.latitude.to_radians(), to.latitude.to_radians());
    let chord = half(from.latitude, to.latitude)
        + north.cos() * other.cos() * half(from.longitude, to.longitude);
    let metres = 2.0 * 6_371_008.8 * chord.sqrt().min(1.0).asin();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most half the earth's circumference; casts saturate"
    )]
    {
        metres.round() as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entity(number: u8) -> EntityId {
        EntityId::from_bytes([number; 16])
    }

    fn point(latitude: f64, longitude: f64) -> Point {
        Point {
            latitude,
            longitude,
        }
    }

    fn order(stops: &[Stop]) -> Vec<EntityId> {
        stops.iter().map(|stop| stop.visit).collect()
    }

    #[test]
    fn the_nearest_visit_comes_next_and_unknown_places_last() {
        let visits = [
            (entity(1), None),
            (entity(2), Some(point(0.0, 3.0))),
            (entity(3), Some(point(0.0, 1.0))),
            (entity(4), Some(point(0.0, 1.5))),
        ];
        let stops = route(Some(point(0.0, 0.0)), &visits);
        assert_eq!(order(&stops), [3, 4, 2, 1].map(entity));
        // One degree of the equator. Source: earth circumference 40,030,228.9 m at the mean radius, over 360.
        assert_eq!(stops[0].metres, Some(111_195));
        assert_eq!(stops[3].metres, None);
        assert_eq!(order(&route(None, &visits)), [2, 4, 3, 1].map(entity));
    }

    #[test]
    fn the_way_across_the_date_line_is_short() {
        assert_eq!(metres(point(0.0, 179.5), point(0.0, -179.5)), 111_195);
        assert_eq!(metres(point(90.0, 0.0), point(-90.0, 0.0)), 20_015_114);
    }

    proptest! {
        #[test]
        fn every_visit_is_on_the_way_once_whatever_order_they_came_in(
            places in prop::collection::btree_map(0u8..40, prop::option::of((-90.0..90.0, -180.0..180.0)), 0..12),
            start in (-90.0..90.0, -180.0..180.0),
        ) {
            let visit = |(number, place): (&u8, &Option<(f64, f64)>)| (entity(*number), place.map(|(a, b)| point(a, b)));
            let visits: Vec<_> = places.iter().map(visit).collect();
            let backwards: Vec<_> = visits.iter().rev().copied().collect();
            let start = Some(point(start.0, start.1));
            let stops = route(start, &visits);
            prop_assert_eq!(&route(start, &backwards), &stops);
            let mut seen = order(&stops);
            seen.sort();
            prop_assert_eq!(seen, visits.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        }
    }
}
