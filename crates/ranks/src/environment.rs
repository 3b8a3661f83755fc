//! Whether this process is one of several that a launcher of MPI started, told from the variables that it sets.

use sapwood::{Error, Result};

/// A process among those of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// This process's number, from 0.
    pub rank: usize,
    /// The number of processes, at least 2.
    pub size: usize,
    /// The variable that tells their number.
    pub variable: &'static str,
}

/// Variables with a rank and a number of ranks: of MPICH's Hydra, and what speaks its protocol (Intel MPI, `srun --mpi=pmi2`), and of Open MPI.
const LAUNCHERS: [[&str; 2]; 2] = [["PMI_RANK", "PMI_SIZE"], ["OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"]];

/// What Slurm sets for the processes of a step, MPI or not.
const SLURM_TASKS: &str = "SLURM_STEP_NUM_TASKS";

impl Place {
    /// The place that variables tell; none for a process that is alone.
    ///
    /// # Errors
    /// Variables that contradict each other, or tell of several processes that have no MPI in common: each would train on all data, and the last
    /// one's model would stay.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let number = |name: &'static str| match variable(name).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => match text.parse::<usize>() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(Error::parameter(format!("{name}={text}: is not a number; leave such variables to the launcher"))),
            },
        };
        let mut found: Option<Self> = None;
        for [rank_variable, variable] in LAUNCHERS {
            let place = match (number(rank_variable)?, number(variable)?) {
                (None, None) => continue,
                (Some(rank), Some(size)) if rank < size => Self { rank, size, variable },
                (rank, size) => {
                    let [rank, size] = [rank, size].map(|number| number.map_or("unset".to_string(), |number| number.to_string()));
                    return Err(Error::parameter(format!(
                        "{rank_variable} is {rank} and {variable} is {size}: a launcher of MPI sets both, the first below the second"
                    )));
                }
            };
            match found {
                Some(other) if (other.rank, other.size) != (place.rank, place.size) => {
                    return Err(Error::parameter(format!(
                        "{}={} and {variable}={} are of two launchers; start the processes by one",
                        other.variable, other.size, place.size
                    )));
                }
                _ => found = found.or(Some(place)),
            }
        }
        match (found, number(SLURM_TASKS)?) {
            (None, Some(tasks)) if tasks > 1 => Err(Error::parameter(format!(
                "{SLURM_TASKS}={tasks}, but the tasks have no MPI in common; start them by `srun --mpi=pmi2` or by `mpiexec`, or one alone by `srun -n 1`"
            ))),
            _ => Ok(found.filter(|place| place.size > 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(variables: &[(&str, &str)]) -> std::result::Result<Option<(usize, usize)>, String> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string());
        Place::of(variable).map(|place| place.map(|place| (place.rank, place.size))).map_err(|error| error.to_string())
    }

    #[test]
    fn launchers_tell_rank_and_size() {
        assert_eq!(place(&[]), Ok(None));
        assert_eq!(place(&[("PMI_RANK", ""), ("PMI_SIZE", "")]), Ok(None));
        assert_eq!(place(&[("PMI_RANK", "0"), ("PMI_SIZE", "1")]), Ok(None));
        assert_eq!(place(&[("PMI_RANK", "3"), ("PMI_SIZE", "4")]), Ok(Some((3, 4))));
        assert_eq!(place(&[("OMPI_COMM_WORLD_RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "2")]), Ok(Some((1, 2))));
        assert_eq!(place(&[("PMI_RANK", "3"), ("PMI_SIZE", "4"), ("SLURM_STEP_NUM_TASKS", "4")]), Ok(Some((3, 4))));
        assert_eq!(place(&[("SLURM_STEP_NUM_TASKS", "1")]), Ok(None));
    }

    #[test]
    fn what_would_make_lone_trainings_is_an_error() {
        let error = |variables: &[(&str, &str)]| place(variables).unwrap_err();
        assert!(error(&[("SLURM_STEP_NUM_TASKS", "4")]).contains("srun --mpi=pmi2"));
        assert!(error(&[("PMI_RANK", "4"), ("PMI_SIZE", "4")]).contains("PMI_RANK is 4 and PMI_SIZE is 4"));
        assert!(error(&[("PMI_SIZE", "4")]).contains("PMI_RANK is unset"));
        assert!(error(&[("PMI_RANK", "1"), ("PMI_SIZE", "x")]).contains("PMI_SIZE=x: is not a number"));
        let both = [("PMI_RANK", "0"), ("PMI_SIZE", "1"), ("OMPI_COMM_WORLD_RANK", "0"), ("OMPI_COMM_WORLD_SIZE", "2")];
        assert!(error(&both).contains("two launchers"));
    }
}
